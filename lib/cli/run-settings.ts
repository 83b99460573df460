// lib/cli/run-settings.ts: how a bundle says that it is to be run, read from the start of its manifest.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { RunSettings } from "../bundle/manifest.js";
import { MANIFEST_NAME } from "../bundle/manifest-name.js";

/** The manifest's record and its signature's are the last of the central directory. */
const END_BYTES = 512;
const CENTRAL_HEADER_SIZE = 46;
const LOCAL_HEADER_SIZE = 30;
/** Local header and what stands before all that may be long. */
const START_BYTES = 2048;
const RUN = /^\{\s*"format": 1,\s*"python": \{[^{}]*\},\s*"run": (\{[^{}]*\})/;

/**
 * What our own writer wrote there; nothing where it is another archive, or none. An archive as a
 * whole takes some milliseconds, and this is done at each start.
 */
export function readRunSettings(path: string): RunSettings {
  try {
    return settingsIn(manifestStart(path));
  } catch {
    return {}; // whatever is wrong with the file: the run tells it
  }
}

/** Of a manifest's text, or its beginning. */
export function settingsIn(manifest: string): RunSettings {
  const { terminal, port, exportedPort } = JSON.parse(RUN.exec(manifest)?.[1] ?? "{}");
  return {
    ...(terminal === false && { terminal }),
    ...(isPort(port) && { port }),
    ...(isPort(exportedPort) && { exportedPort }),
  };
}

export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536;
}

function manifestStart(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const offset = manifestOffset(readAt(file, Math.max(0, size - END_BYTES), END_BYTES));
    if (offset === undefined) return "";
    const start = readAt(file, offset, START_BYTES);
    if (start.readUInt32LE(0) !== 0x04034b50) return "";
    const skipped = LOCAL_HEADER_SIZE + start.readUInt16LE(26) + start.readUInt16LE(28);
    const data = start.subarray(skipped, skipped + start.readUInt32LE(18));
    // A signed one is deflated, others are stored.
    return (start.readUInt16LE(8) === 0 ? data : inflateStart(data)).toString();
  } finally {
    closeSync(file);
  }
}

function inflateStart(data: Buffer): Buffer {
  const { constants, inflateRawSync } = require("node:zlib") as typeof import("node:zlib");
  return inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
}

function manifestOffset(end: Buffer): number | undefined {
  const name = end.lastIndexOf(MANIFEST_NAME);
  const record = name - CENTRAL_HEADER_SIZE;
  if (record < 0 || end.readUInt32LE(record) !== 0x02014b50) return undefined;
  const offset = end.readUInt32LE(record + 42);
  if (offset !== 0xffffffff) return offset;
  // zip64: of the manifest the offset alone is beyond 32 bits.
  const field = name + end.readUInt16LE(record + 28);
  return end.readUInt32LE(field) === 0x00080001
    ? Number(end.readBigUInt64LE(field + 4))
    : undefined;
}

function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, position));
}

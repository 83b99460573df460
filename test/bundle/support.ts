// test/bundle/support.ts: what the bundler's tests share: folders, archives, wheels.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { packEntry } from "../../lib/bundle/entry.js";
import { OutputFile } from "../../lib/bundle/output-file.js";
import { ZipWriter } from "../../lib/bundle/zip-writer.js";
import { packageRoot } from "../helpers/spawn-node.js";

/** The compiled package, as users get it. */
export const dist = {
  binding: () => load<typeof import("../../lib/binding.js")>("binding.js"),
  bundle: () => load<typeof import("../../lib/bundle.js")>("bundle.js"),
  pycCompiler: () =>
    load<typeof import("../../lib/bundle/pyc-compiler.js")>("bundle/pyc-compiler.js"),
  wheel: () => load<typeof import("../../lib/bundle/wheel.js")>("bundle/wheel.js"),
};

function load<T>(name: string): T {
  return createRequire(import.meta.url)(join(packageRoot, "dist", name)) as T;
}

/** Is this program on PATH? */
export function has(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
    return true;
  } catch {
    return false;
  }
}

/** Writes an archive with the packer's own choice of method and alignment. */
export async function writeZip(path: string, files: Record<string, string | Buffer>) {
  const output = await OutputFile.create(path);
  const writer = new ZipWriter(output);
  for (const [name, content] of Object.entries(files)) {
    await writer.add(await packEntry(name, 0o644, Buffer.from(content)));
  }
  await writer.finish();
  await output.commit();
}

/**
 * A pure wheel in `folder`; gives its path.
 * @param lies - what RECORD is written for instead.
 */
export async function writeWheel(
  folder: string,
  name: string,
  files: Record<string, string | Buffer>,
  lies: Record<string, string> = {},
): Promise<string> {
  const info = `${name}-1.0.dist-info`;
  const path = join(folder, `${name}-1.0-py3-none-any.whl`);
  const all = {
    ...files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  };
  const rows = Object.entries({ ...all, ...lies }).map(([file, content]) =>
    recordRow(file, content),
  );
  await writeZip(path, { [`${info}/RECORD`]: `${rows.join("")}${info}/RECORD,,\n`, ...all });
  return path;
}

/** The row of RECORD for a file. */
export function recordRow(file: string, content: string | Buffer): string {
  const digest = createHash("sha256").update(content).digest("base64url");
  const cell = file.includes(",") ? `"${file}"` : file;
  return `${cell},sha256=${digest},${Buffer.byteLength(content)}\n`;
}

/** One entry as an archive's own headers tell it. */
export interface RawEntry {
  readonly name: string;
  readonly method: number;
  readonly dataOffset: number;
  readonly mode: number;
  readonly date: number;
  readonly data: Buffer;
}

/** The inflated content of one of them. */
export function contentOf(entries: readonly RawEntry[], name: string): Buffer {
  const entry = entries.find((candidate) => candidate.name === name);
  if (!entry) throw new Error(`no entry ${name}`);
  return entry.method === 0 ? entry.data : inflateRawSync(entry.data);
}

/** Reads a plain (not zip64) archive without any code of the package. */
export function readRawEntries(path: string): RawEntry[] {
  const bytes = readFileSync(path);
  const end = bytes.length - 22;
  const entries: RawEntry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const nameSize = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const dataOffset = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    entries.push({
      name: bytes.toString("utf8", at + 46, at + 46 + nameSize),
      method: bytes.readUInt16LE(at + 10),
      dataOffset,
      mode: bytes.readUInt16LE(at + 40),
      date: bytes.readUInt16LE(at + 14),
      data: bytes.subarray(dataOffset, dataOffset + bytes.readUInt32LE(at + 20)),
    });
    at += 46 + nameSize + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

/** A little shared object: enough of an ELF header to be told by content. */
export function fakeSharedObject(sizeBytes = 5000): Buffer {
  const bytes = Buffer.alloc(sizeBytes, "x");
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(bytes);
  bytes.writeUInt16LE(3, 16); // ET_DYN
  return bytes;
}

// lib/trust/sign.ts: signs a bundle: its manifest gets a layout, and a signature follows it.
import { createPublicKey, type KeyObject, sign as signBytes } from "node:crypto";
import { chmod, type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import type { Binding, NativeLayout } from "../binding.js";
import { crc32 } from "../bundle/crc32.js";
import { MANIFEST_NAME, SIGNATURE_NAME } from "../bundle/manifest.js";
import { OutputFile } from "../bundle/output-file.js";
import { centralHeader, endRecords, localHeader, type ZipRecord } from "../bundle/zip-records.js";
import { InmemError } from "../errors.js";
import { checkIsObject, checkNames, checkString, wrongType } from "../options.js";
import { keyId, privateKeyOf, type SignKey, spellVerification } from "./keys.js";

export interface SignOptions {
  /** The Ed25519 private key: PEM text, a KeyObject, or a key file's path. */
  readonly key: SignKey;
  /** Where the signed bundle is written. Default: over the bundle, in one step. */
  readonly output?: string;
}

export interface SignResult {
  /** Path of the signed bundle. */
  readonly output: string;
  /** SHA-256 of the public key, hexadecimal. */
  readonly keyId: string;
  /** How many entries the signature covers. */
  readonly entries: number;
}

const MODE = 0o644;
const COPY_BYTES = 1 << 20;

/**
 * sign() of lib/start.ts. Every content is held against the manifest before anything is written
 * under the output's name.
 * @throws {InmemError} ERR_INMEM_KEY, ERR_INMEM_BAD_MANIFEST, ERR_INMEM_NOT_AS_SIGNED and
 * ERR_INMEM_BAD_DIGEST (the bundle is not what its manifest says), ERR_INMEM_OUTPUT (the output
 * cannot be written), and what concerns the archive.
 * @throws {TypeError} wrong arguments.
 */
export async function sign(
  binding: () => Binding,
  bundle: string | URL,
  options: SignOptions,
): Promise<SignResult> {
  checkIsObject(options);
  checkNames(options, ["key", "output"], { out: "output", privateKey: "key" });
  const path = pathOf(bundle);
  checkString("output", options.output, "a path");
  const key = privateKeyOf(options.key);
  const output = await OutputFile.create(options.output ?? path);
  try {
    const source = await openSource(path);
    try {
      const layout = binding().bundleLayout(path);
      await copyHead(source, layout.manifestOffset, output);
      for (const part of await makeTail(layout, key, path)) await output.write(part);
      await chmod(output.temporaryPath, (await source.stat()).mode & 0o777);
    } finally {
      await source.close();
    }
    const publicKey = createPublicKey(key);
    const verification = spellVerification(publicKey, true);
    const entries = await binding().verifyBundle(output.temporaryPath, "", verification);
    await output.commit();
    return { output: output.path, keyId: keyId(publicKey), entries };
  } finally {
    await output.discard();
  }
}

function pathOf(bundle: string | URL): string {
  if (bundle instanceof URL) return fileURLToPath(bundle);
  if (typeof bundle === "string" && bundle !== "" && !bundle.includes("\0")) return resolve(bundle);
  throw wrongType("bundle", "a path or a file: URL", bundle);
}

function openSource(path: string): Promise<FileHandle> {
  return open(path, "r").catch((cause: NodeJS.ErrnoException) => {
    const code = cause.code === "ENOENT" ? "ERR_INMEM_NOT_FOUND" : "ERR_INMEM_UNREADABLE";
    throw new InmemError(code, `${path}: cannot be opened: ${cause.message}`, { cause });
  });
}

// Of whatever the file is by now: what comes out is verified as a whole.
async function copyHead(source: FileHandle, sizeBytes: number, output: OutputFile): Promise<void> {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  for (let done = 0; done < sizeBytes; ) {
    const { bytesRead } = await source.read(
      buffer,
      0,
      Math.min(COPY_BYTES, sizeBytes - done),
      done,
    );
    if (bytesRead === 0) {
      throw new InmemError("ERR_INMEM_FILE_CHANGED", "the bundle became shorter while it was read");
    }
    await output.write(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
}

/** Manifest, signature, central directory and its end records. */
async function makeTail(layout: NativeLayout, key: KeyObject, origin: string): Promise<Buffer[]> {
  const manifest = withLayout(layout, origin);
  const signature = {
    format: 1,
    algorithm: "Ed25519",
    key: keyId(createPublicKey(key)),
    signature: signBytes(null, manifest, key).toString("base64"),
  };
  // Offsets as the archive declares them: what stands before it may not count.
  const start = layout.manifestOffset - layout.shift;
  const first = await makeEntry(MANIFEST_NAME, manifest, start);
  const second = await makeEntry(
    SIGNATURE_NAME,
    Buffer.from(`${JSON.stringify(signature, null, 1)}\n`),
    first.end,
  );
  const directory = [
    layout.records,
    centralHeader(first.record),
    centralHeader(second.record),
  ] as const;
  const sizeBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = endRecords({ count: layout.entries + 2, offsetBytes: second.end, sizeBytes });
  return [...first.parts, ...second.parts, ...directory, end];
}

function withLayout(layout: NativeLayout, origin: string): Buffer {
  const where = `${origin}!/${MANIFEST_NAME}`;
  let manifest: unknown;
  try {
    manifest = JSON.parse(layout.manifest.toString("utf8"));
  } catch (cause) {
    throw new InmemError("ERR_INMEM_BAD_MANIFEST", `${where}: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (typeof manifest !== "object" || manifest === null || !("entries" in manifest)) {
    const message = `${where}: no member entries (expected the manifest of a bundle)`;
    throw new InmemError("ERR_INMEM_BAD_MANIFEST", message);
  }
  const { prefixSize, prefix, directory } = layout;
  const whole = { ...manifest, layout: { prefixSize, prefix, directory } };
  return Buffer.from(`${JSON.stringify(whole, null, 1)}\n`, "utf8");
}

interface TailEntry {
  readonly record: ZipRecord;
  readonly parts: readonly Buffer[];
  /** Where the next one begins. */
  readonly end: number;
}

async function makeEntry(name: string, content: Buffer, offsetBytes: number): Promise<TailEntry> {
  const deflated = await promisify(deflateRaw)(content, { level: 9 });
  const isSmaller = deflated.length < content.length;
  const data = isSmaller ? deflated : content;
  const record: ZipRecord = {
    name: Buffer.from(name),
    method: isSmaller ? 8 : 0,
    crc32: crc32(content),
    sizeBytes: content.length,
    compressedSizeBytes: data.length,
    mode: MODE,
    offsetBytes,
  };
  const header = localHeader(record, 1);
  return { record, parts: [header, data], end: offsetBytes + header.length + data.length };
}

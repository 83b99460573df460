// test/trust/support.ts: bundles with a manifest, signed; their parts; ways to bend them.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "../../lib/bundle/crc32.js";
import { packEntry } from "../../lib/bundle/entry.js";
import { OutputFile } from "../../lib/bundle/output-file.js";
import { ZipWriter } from "../../lib/bundle/zip-writer.js";
import { api, launch } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";

export type Contents = Readonly<Record<string, string | Buffer>>;

/** A bundle as `inmem-python bundle` makes it, unsigned; gives its path. */
export async function writeBundle(contents: Contents, path = join(tmpDir(), "app.pyz")) {
  const output = await OutputFile.create(path);
  const writer = new ZipWriter(output);
  const entries: Record<string, object> = {};
  for (const [name, content] of Object.entries(contents)) {
    const bytes = Buffer.from(content);
    await writer.add(await packEntry(name, name.endsWith(".sh") ? 0o755 : 0o644, bytes));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    entries[name] = { sha256, size: bytes.length, kind: "other" };
  }
  const manifest = Buffer.from(JSON.stringify({ format: 1, python: { tag: "cp313" }, entries }));
  await writer.add(await packEntry("inmem.json", 0o644, manifest));
  await writer.finish();
  await output.commit();
  return path;
}

export interface Keys {
  readonly private: string;
  readonly public: string;
}

/** A fresh pair of key files. */
export function makeKeys(): Keys {
  const path = join(tmpDir("keys"), "key");
  api.keygen(path);
  return { private: path, public: `${path}.pub` };
}

/** A signed bundle; gives its path. */
export async function signedBundle(contents: Contents, keys: Keys): Promise<string> {
  const path = await writeBundle(contents);
  await api.sign(path, { key: keys.private });
  return path;
}

/** A copy of the file, with other bytes; gives its path. */
export function bend(path: string, change: (bytes: Buffer) => Buffer): string {
  const bent = join(tmpDir(), "bent.pyz");
  writeFileSync(bent, change(readFileSync(path)));
  return bent;
}

/** Bytecode of a module, whose header says that its source need not be looked at. */
export function bytecode(source: string): Buffer {
  const program =
    "import sys, importlib.util, importlib._bootstrap_external as b;" +
    "s = sys.stdin.buffer.read(); c = compile(s, 'm.py', 'exec', dont_inherit=True);" +
    "sys.stdout.write(b._code_to_hash_pyc(c, importlib.util.source_hash(s), False).hex())";
  return Buffer.from(launch(["-c", program], source), "hex");
}

/** The code of the error that this is rejected with; "" where it is not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/**
 * Changes four bytes of `content` at `at` so that its CRC-32 is `wanted`: the CRC-32 of equally
 * long contents is linear, each bit of the four bytes turns the same bits of it.
 */
export function forgeCrc(content: Buffer, at: number, wanted: number): void {
  content.writeUInt32LE(0, at);
  const base = crc32(content);
  const rows = Array.from({ length: 32 }, (_, bit) => {
    content.writeUInt32LE((1 << bit) >>> 0, at);
    return { turns: (crc32(content) ^ base) >>> 0, bits: (1 << bit) >>> 0 };
  });
  let missing = (base ^ wanted) >>> 0;
  let bits = 0;
  for (let place = 31; place >= 0; place--) {
    const mask = (1 << place) >>> 0;
    const index = rows.findIndex(({ turns }) => (turns & mask) !== 0);
    const [row] = rows.splice(index, 1) as [(typeof rows)[number]];
    for (const other of rows.filter(({ turns }) => (turns & mask) !== 0)) {
      other.turns = (other.turns ^ row.turns) >>> 0;
      other.bits = (other.bits ^ row.bits) >>> 0;
    }
    if ((missing & mask) === 0) continue;
    missing = (missing ^ row.turns) >>> 0;
    bits = (bits ^ row.bits) >>> 0;
  }
  content.writeUInt32LE(bits, at);
}

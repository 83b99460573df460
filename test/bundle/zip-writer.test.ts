// test/bundle/zip-writer.test.ts: archives that other programs accept, byte for byte the same.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compressionTable } from "../../lib/bundle/compression.js";
import { crc32, crc32ByTable } from "../../lib/bundle/crc32.js";
import { packEntry } from "../../lib/bundle/entry.js";
import { OutputFile } from "../../lib/bundle/output-file.js";
import { type ByteSink, type ZipEntry, ZipWriter } from "../../lib/bundle/zip-writer.js";
import { tmpDir } from "../helpers/tmp.js";
import { dist, fakeSharedObject, has, readRawEntries, writeZip } from "./support.js";

const FILES = {
  "__main__.py": "print('hello')\n".repeat(20),
  "pkg/__init__.py": "",
  "pkg/code.pyc": "pyc".repeat(3),
  "pkg/data/\u00fcn\u00efcode \u{1f40d}.txt": "text ".repeat(100),
  "pkg/lib/libx.so.3.1": fakeSharedObject(),
  "pkg/lib/second.abi3.so": fakeSharedObject(70_001),
  "pkg/small": "s",
};

async function writtenBytes(path: string, entries: readonly ZipEntry[]): Promise<Buffer> {
  const output = await OutputFile.create(path);
  const writer = new ZipWriter(output);
  try {
    for (const entry of entries) await writer.add(entry);
    await writer.finish();
    await output.commit();
    expect(writer.sizeBytes).toBe(statSync(path).size);
    return readFileSync(path);
  } finally {
    await output.discard();
  }
}

describe("ZipWriter", () => {
  it("writes what unzip and Python's zipfile accept", async () => {
    const path = join(tmpDir(), "a.zip");
    await writeZip(path, FILES);
    if (has("unzip")) execFileSync("unzip", ["-tqq", path]);
    if (has("python3")) execFileSync("python3", ["-m", "zipfile", "-t", path]);
    expect(readRawEntries(path).map((entry) => entry.name)).toEqual(Object.keys(FILES));
  });

  it("copies a part of a file as it would write its bytes, and tells when the file is too short", async () => {
    const folder = tmpDir();
    const from = join(folder, "from");
    const bytes = randomBytes(9_000_001); // more than two pieces
    writeFileSync(from, bytes);
    const file = openSync(from, "r");
    const [offset, byteLength] = [100, bytes.length - 200];
    const content = bytes.subarray(offset, offset + byteLength);
    const entry = await packEntry("pkg/x.so", 0o644, content, {
      compression: compressionTable("stored"),
    });
    const entries = [{ ...entry, name: "small", data: Buffer.from("ab"), sizeBytes: 2 }, entry];
    const copied = entries.with(1, { ...entry, data: { file, offset, byteLength } });
    const whole = await writtenBytes(join(folder, "a.zip"), entries);
    expect((await writtenBytes(join(folder, "b.zip"), copied)).equals(whole)).toBe(true);
    const tooLong = [{ ...entry, data: { file, offset: 201, byteLength } }];
    await expect(writtenBytes(join(folder, "c.zip"), tooLong)).rejects.toThrow(/cut off/);
    closeSync(file);
  });

  it("writes what the package's own reader accepts", async () => {
    const path = join(tmpDir(), "a.zip");
    await writeZip(path, FILES);
    const archive = dist.binding().binding().openArchive(path);
    expect(archive.entries.map((entry) => entry.name)).toEqual(Object.keys(FILES));
    for (const [index, content] of Object.values(FILES).entries()) {
      expect(archive.read(index).equals(Buffer.from(content))).toBe(true);
    }
    const raw = readRawEntries(path).map((entry) => entry.dataOffset);
    expect(archive.entries.map((_, index) => archive.dataOffset(index))).toEqual(raw);
  });

  it("aligns shared objects to pages and byte code to words, stored", async () => {
    const path = join(tmpDir(), "a.zip");
    await writeZip(path, FILES);
    const entries = readRawEntries(path);
    const objects = entries.filter((entry) => entry.name.includes(".so"));
    expect(objects).toHaveLength(2);
    for (const { method, dataOffset, data } of objects) {
      expect({ method, rest: dataOffset % 4096 }).toEqual({ method: 0, rest: 0 });
      expect(data.readUInt32BE(0)).toBe(0x7f454c46);
    }
    const code = entries.find((entry) => entry.name.endsWith(".pyc"));
    expect(code?.method).toBe(0);
    expect((code?.dataOffset ?? 1) % 4).toBe(0);
  });

  it("aligns whatever stands before", async () => {
    const folder = tmpDir();
    // Names of every length modulo 4096 would be slow; these cross each case
    // of the padding: none, less than a field's six bytes, more.
    for (const length of [1, 2, 3, 4, 5, 6, 7, 8, 4000, 4020, 4021, 4022, 4023, 4060, 4066]) {
      const path = join(folder, `${length}.zip`);
      await writeZip(path, {
        ["n".repeat(length)]: "",
        "b.pyc": "code",
        "c.so": fakeSharedObject(64),
      });
      const [, code, object] = readRawEntries(path);
      expect([length, (code?.dataOffset ?? 1) % 4, (object?.dataOffset ?? 1) % 4096]).toEqual([
        length,
        0,
        0,
      ]);
    }
  });

  it("stores what deflate does not make smaller, and deflates the rest", async () => {
    const path = join(tmpDir(), "a.zip");
    await writeZip(path, FILES);
    const methods = Object.fromEntries(readRawEntries(path).map((e) => [e.name, e.method]));
    expect(methods["__main__.py"]).toBe(8);
    expect(methods["pkg/small"]).toBe(0);
    expect(methods["pkg/__init__.py"]).toBe(0);
  });

  it("gives the same bytes twice, dated 1980-01-01", async () => {
    const folder = tmpDir();
    await writeZip(join(folder, "a.zip"), FILES);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeZip(join(folder, "b.zip"), FILES);
    const [a, b] = await Promise.all(
      ["a.zip", "b.zip"].map((name) => readFile(join(folder, name))),
    );
    expect(a?.equals(b as Buffer)).toBe(true);
    for (const { date, mode } of readRawEntries(join(folder, "a.zip"))) {
      expect({ date, mode }).toEqual({ date: 0x21, mode: 0o100644 });
    }
  });

  it("refuses a second entry of one name", async () => {
    const writer = new ZipWriter({ write: async () => undefined });
    const entry = await packEntry("a", 0o644, Buffer.from("1"));
    await writer.add(entry);
    await expect(writer.add(entry)).rejects.toThrow(RangeError);
  });
});

describe("zip64", () => {
  it("is used from 65535 entries on", async () => {
    const path = join(tmpDir(), "many.zip");
    const count = 65_600;
    const output = await OutputFile.create(path);
    const writer = new ZipWriter(output);
    for (let i = 0; i < count; i++) await writer.add(tinyEntry(`d/${i}`));
    await writer.finish();
    await output.commit();
    expectEntryCount(path, count);
    const { entries } = dist.binding().binding().openArchive(path);
    expect(entries).toHaveLength(count);
    expect(entries.at(-1)?.name).toBe(`d/${count - 1}`);
  });

  it("is not used for 65534 entries", async () => {
    const writer = new ZipWriter({ write: async () => undefined });
    for (let i = 0; i < 65_534; i++) await writer.add(tinyEntry(`${i}`));
    const before = writer.sizeBytes;
    await writer.finish();
    const directory =
      65_534 * 46 + Array.from({ length: 65_534 }, (_, i) => `${i}`).join("").length;
    expect(writer.sizeBytes - before).toBe(directory + 22);
  });

  it("addresses entries beyond 4 GiB", async () => {
    const path = join(tmpDir(), "large.zip");
    const zeros = Buffer.alloc(1 << 30);
    const sum = crc32(zeros);
    const sink = await SparseFile.create(path);
    const writer = new ZipWriter(sink);
    for (let i = 0; i < 5; i++) {
      await writer.add({ ...tinyEntry(`zeros${i}`), data: zeros, sizeBytes: 1 << 30, crc32: sum });
    }
    await writer.add(await packEntry("last.so", 0o644, fakeSharedObject()));
    await writer.finish();
    await sink.close();
    expectEntryCount(path, 6);
    if (has("unzip")) {
      const last = execFileSync("unzip", ["-p", path, "last.so"]);
      expect(last.equals(fakeSharedObject())).toBe(true);
    }
    const archive = dist.binding().binding().openArchive(path);
    expect(archive.read(5).equals(fakeSharedObject())).toBe(true);
    expect(archive.dataOffset(5) % 4096).toBe(0);
    expect(archive.dataOffset(5)).toBeGreaterThan(2 ** 32);
  });
});

it("crc32 is the same with and without Node's own", () => {
  for (const text of ["", "123456789", "x".repeat(10_001)]) {
    expect(crc32ByTable(Buffer.from(text))).toBe(crc32(Buffer.from(text)));
  }
  expect(crc32ByTable(Buffer.from("123456789"))).toBe(0xcbf43926);
});

function tinyEntry(name: string): ZipEntry {
  return { name, method: 0, data: Buffer.alloc(0), crc32: 0, sizeBytes: 0, mode: 0o644 };
}

function expectEntryCount(path: string, count: number): void {
  if (has("zipinfo")) {
    const text = execFileSync("zipinfo", ["-h", path], { encoding: "utf8" });
    expect(text).toContain(`number of entries: ${count}`);
  }
  if (has("python3")) {
    const script = "import sys, zipfile; print(len(zipfile.ZipFile(sys.argv[1]).infolist()))";
    const text = execFileSync("python3", ["-c", script, path], { encoding: "utf8" });
    expect(Number(text)).toBe(count);
  }
}

/** Leaves holes for large zeros: the file has its size, not its weight. */
class SparseFile implements ByteSink {
  #position = 0;
  private constructor(readonly handle: FileHandle) {}

  static async create(path: string): Promise<SparseFile> {
    return new SparseFile(await open(path, "wx"));
  }

  async write(bytes: Uint8Array): Promise<void> {
    const isHole = bytes.byteLength >= 1 << 30;
    if (!isHole) await this.handle.write(bytes, 0, bytes.byteLength, this.#position);
    this.#position += bytes.byteLength;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

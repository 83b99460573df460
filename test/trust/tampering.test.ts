// test/trust/tampering.test.ts: a bundle that is bent anywhere is refused, or nothing that is used has changed.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { centralHeader, endRecords } from "../../lib/bundle/zip-records.js";
import { dist, readRawEntries } from "../bundle/support.js";
import { api } from "../helpers/python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { tmpFile } from "../helpers/tmp.js";
import { bytecode, codeOf, type Keys, makeKeys, signedBundle } from "./support.js";

const SOURCE = "import pkg\nprint('ran', pkg.x)\n";

let keys: Keys;
let path: string;
let whole: Buffer;
beforeAll(async () => {
  keys = makeKeys();
  path = await signedBundle(
    {
      "__main__.py": SOURCE,
      "pkg/__init__.py": "x = 1\n",
      "pkg/__init__.pyc": bytecode("x = 1\n"),
      "pkg/data.txt": "some text, said again and again. ".repeat(100),
      "pkg/lib.so": sharedObject("tampered", "int f(void) { return 1; }"),
    },
    keys,
  );
  whole = readFileSync(path);
});

/** The end of central directory record; these bundles have no zip64. */
const endOf = (bytes: Buffer) => bytes.length - 22;
const directoryOf = (bytes: Buffer) => bytes.readUInt32LE(endOf(bytes) + 16);

const verifyBytes = (bytes: Buffer) => codeOf(api.verify(bytes, keys.public));

describe("a bundle that was bent on purpose", () => {
  const bends: Record<string, [(bytes: Buffer) => Buffer, RegExp]> = {
    "bytes before it": [(bytes) => Buffer.concat([Buffer.from("#!x\n"), bytes]), /NOT_AS_SIGNED/],
    "bytes behind it": [(bytes) => Buffer.concat([bytes, Buffer.from("x")]), /NOT_AS_SIGNED/],
    "another archive behind it": [(bytes) => Buffer.concat([bytes, bytes]), /./],
    "a comment": [
      (bytes) => {
        bytes.writeUInt16LE(3, endOf(bytes) + 20);
        return Buffer.concat([bytes, Buffer.from("abc")]);
      },
      /NOT_AS_SIGNED/,
    ],
    "cut at its end": [(bytes) => bytes.subarray(0, -1), /NOT_ZIP/],
    "cut at its begin": [(bytes) => bytes.subarray(1), /./],
    "an entry more": [(bytes) => withEntry(bytes, "new.py"), /NOT_AS_SIGNED/],
    "an entry of a name that is there": [(bytes) => withEntry(bytes, "__main__.py"), /DUPLICATE/],
    "an entry less in the directory": [(bytes) => withoutRecord(bytes, 1), /NOT_AS_SIGNED/],
    "without its signature": [(bytes) => withoutRecord(bytes, 6), /UNSIGNED/],
    "without its manifest": [(bytes) => withoutRecord(bytes, 5), /UNSIGNED/],
    "two records in another order": [(bytes) => withOrder(bytes, [1, 0]), /NOT_AS_SIGNED/],
    "a name that was exchanged": [
      (bytes) => replaceAll(bytes, "pkg/data.txt", "pkg/dat2.txt"),
      /NOT_AS_SIGNED/,
    ],
    "a file made a link": [
      (bytes) => {
        bytes.writeUInt32LE((0o120777 << 16) >>> 0, directoryOf(bytes) + 38);
        return bytes;
      },
      /NOT_AS_SIGNED/,
    ],
    "another method": [
      (bytes) => {
        bytes.writeUInt16LE(8, directoryOf(bytes) + 10); // __main__.py is stored
        return bytes;
      },
      /NOT_AS_SIGNED/,
    ],
    "another place": [
      (bytes) => {
        bytes.writeUInt32LE(1, directoryOf(bytes) + 42);
        return bytes;
      },
      /./,
    ],
    "another content of the same length, with its CRC": [
      (bytes) => replaceAll(bytes, "ran", "RAN"),
      /./,
    ],
  };

  for (const [name, [change, code]] of Object.entries(bends)) {
    it(name, async () => {
      const bent = change(Buffer.from(whole));
      expect(bent.equals(whole)).toBe(false);
      const found = await verifyBytes(bent);
      expect(found).toMatch(/^ERR_INMEM_/);
      expect(found).toMatch(code);
      // run() refuses it before any code runs, or as soon as it reads what was changed.
      let stdout = "";
      const ran = api.run(tmpFile("bent.pyz", bent), {
        verify: keys.public,
        stdout: (chunk) => {
          stdout += chunk;
        },
        stderr: () => {}, // the traceback of the refusal
      });
      expect(await codeOf(ran)).toMatch(/^ERR_INMEM_/);
      expect(stdout).toBe("");
    });
  }
});

describe("a byte that was changed anywhere", () => {
  it("is refused, or leaves names, modes, times and contents as they were", async () => {
    const { binding } = dist.binding();
    const before = binding().openArchive(path);
    const contents = before.entries.map((_, index) => before.read(index));
    const about = ({ entries }: typeof before) =>
      entries.map(({ name, mode, dosTime, method }) => ({ name, mode, dosTime, method }));
    let accepted = 0;
    for (const { at, mask } of places(whole.length)) {
      const bent = Buffer.from(whole);
      bent[at] = (bent[at] as number) ^ mask;
      const code = await verifyBytes(bent);
      if (code !== "") {
        expect(code).toMatch(/^ERR_INMEM_/);
        continue;
      }
      accepted++;
      const after = binding().openArchive(bent);
      expect(about(after), `byte ${at}`).toEqual(about(before));
      for (const [index, content] of contents.entries()) {
        if (index < contents.length - 2) expect(after.read(index).equals(content)).toBe(true);
      }
    }
    // The padding before the shared object, mostly, would be: it is checked, too.
    expect(accepted).toBeLessThan(10);
  });
});

/** A sample, dense in manifest, directory and end, the same in each run. (native/trust's test takes every byte.) */
function* places(size: number): Generator<{ at: number; mask: number }> {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const from = size - 2400;
  for (let at = from; at < size; at += 3) yield { at, mask: 1 << Math.floor(random() * 8) };
  for (let i = 0; i < 500; i++) {
    yield { at: Math.floor(random() * from), mask: 1 + Math.floor(random() * 255) };
  }
}

/** The records of the central directory. */
function records(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = directoryOf(bytes); at < endOf(bytes); ) {
    const size =
      46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    found.push(bytes.subarray(at, at + size));
    at += size;
  }
  return found;
}

function withDirectory(bytes: Buffer, directory: readonly Buffer[], before = Buffer.alloc(0)) {
  const head = Buffer.concat([bytes.subarray(0, directoryOf(bytes)), before]);
  const sizeBytes = directory.reduce((sum, record) => sum + record.length, 0);
  const end = endRecords({ count: directory.length, offsetBytes: head.length, sizeBytes });
  return Buffer.concat([head, ...directory, end]);
}

function withoutRecord(bytes: Buffer, index: number): Buffer {
  return withDirectory(
    bytes,
    records(bytes).filter((_, i) => i !== index),
  );
}

function withOrder(bytes: Buffer, first: readonly number[]): Buffer {
  const all = records(bytes);
  const order = [...first, ...all.keys()].filter((index, i, list) => list.indexOf(index) === i);
  return withDirectory(
    bytes,
    order.map((index) => all[index] as Buffer),
  );
}

function withEntry(bytes: Buffer, name: string): Buffer {
  const record = {
    name: Buffer.from(name),
    method: 0,
    crc32: 0,
    sizeBytes: 0,
    compressedSizeBytes: 0,
    mode: 0o644,
    offsetBytes: directoryOf(bytes),
  };
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(record.name.length, 26);
  const all = [...records(bytes), centralHeader(record)];
  return withDirectory(bytes, all, Buffer.concat([header, record.name]));
}

function replaceAll(bytes: Buffer, from: string, to: string): Buffer {
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at);
  return bytes;
}

it("the bundle that all this bends has the entries that the tests name", () => {
  expect(readRawEntries(path).map(({ name }) => name)).toEqual([
    "__main__.py",
    "pkg/__init__.py",
    "pkg/__init__.pyc",
    "pkg/data.txt",
    "pkg/lib.so",
    "inmem.json",
    "inmem.sig",
  ]);
});

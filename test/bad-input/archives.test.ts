// test/bad-input/archives.test.ts: archives that lie: each is refused by a code and a message that names archive, entry, found, expected.
import { describe, expect, it } from "vitest";
import { api, failPython, py, runPython } from "../helpers/python.js";
import { tmpFile } from "../helpers/tmp.js";
import { makeZip, type ZipEntry, type ZipOptions } from "../helpers/zip.js";

const good: ZipEntry = { name: "__main__.py", data: "print('main')" };

/** Runs the archive as a file and as a Buffer; both have to be refused alike. */
async function refused(bytes: Buffer, code: string, ...words: (string | RegExp)[]) {
  const path = tmpFile("bad.pyz", bytes);
  for (const input of [path, bytes]) {
    const { error } = await failPython(input);
    expect(error).toBeInstanceOf(api.InmemError);
    expect(code.split("|"), error.message).toContain(error.code);
    if (typeof input === "string") expect(error.message).toContain(path);
    for (const word of words) expect(error.message).toMatch(word);
  }
  expect((await runPython("print('next')")).stdout).toBe("next\n");
}

/** Lies of the end record. */
const lying = (lie: object) => (fields: object) => {
  Object.assign(fields, lie);
};

const zip = (entries: ZipEntry[], options?: ZipOptions) => makeZip([good, ...entries], options);

describe("structure", () => {
  it("not a zip, and empty", async () => {
    await refused(Buffer.from("this is text"), "ERR_INMEM_NOT_ZIP", /expected/);
    await refused(Buffer.alloc(0), "ERR_INMEM_NOT_ZIP");
    await refused(Buffer.alloc(100_000), "ERR_INMEM_NOT_ZIP");
  });

  it.each([
    ["beyond the end", { directoryOffset: 1 << 30 }],
    ["at the very end", { directoryOffset: 0xfffffff0 }],
    ["larger than the file", { directorySize: 1 << 30 }],
    ["of size 0 with entries", { directorySize: 0 }],
    ["shorter than its entries", { entries: 1000 }],
    ["starting in the middle of a record", { directorySize: 30 }],
  ])("a central directory %s", async (_name, lie) => {
    const bytes = zip([], { end: lying(lie) });
    await refused(bytes, "ERR_INMEM_BAD_DIRECTORY");
  });

  it("a central directory of fewer entries than there are", async () => {
    const bytes = zip([{ name: "b.py", data: "" }], { end: lying({ entries: 1 }) });
    await refused(bytes, "ERR_INMEM_BAD_DIRECTORY");
  });

  it("an archive on several disks", async () => {
    const bytes = zip([], { end: lying({ disk: 1 }) });
    await refused(bytes, "ERR_INMEM_MULTI_DISK");
  });

  it("overlapping entries", async () => {
    const bytes = zip([
      { name: "a.py", data: "X = 1" },
      { name: "b.py", data: "X = 1", offset: 0 },
    ]);
    await refused(bytes, "ERR_INMEM_OVERLAPPING_ENTRIES", /b\.py|__main__\.py/);
  });

  it("an entry that reaches into the central directory", async () => {
    const bytes = zip([{ name: "a.py", data: "X", compressedSize: 60, size: 60 }]);
    await refused(bytes, "ERR_INMEM_OVERLAPPING_ENTRIES", /a\.py/);
  });

  it("duplicate entries", async () => {
    const bytes = zip([
      { name: "d.py", data: "1" },
      { name: "d.py", data: "2" },
    ]);
    await refused(bytes, "ERR_INMEM_DUPLICATE_ENTRY", /d\.py/);
  });

  it("a local header out of range, and one that is none", async () => {
    await refused(
      zip([{ name: "a.py", data: "X", offset: 1 << 29 }]),
      "ERR_INMEM_BAD_DIRECTORY",
      /a\.py/,
    );
    const bytes = zip([{ name: "a.py", data: "X" }]);
    bytes.writeUInt32LE(0, 0);
    await refused(bytes, "ERR_INMEM_BAD_LOCAL_HEADER", /__main__\.py/);
  });

  it("a local header with another name", async () => {
    const entry = { ...good, local: { name: "__evil__.py" } };
    await refused(makeZip([entry]), "ERR_INMEM_BAD_LOCAL_HEADER", /__main__\.py/);
  });
});

describe("zip64", () => {
  it("a record without its locator's place", async () => {
    const bytes = zip([], { zip64: true });
    const locator = bytes.lastIndexOf(Buffer.from("PK\x06\x07", "latin1"));
    const lie = Buffer.from(bytes);
    lie.writeBigUInt64LE(1n << 40n, locator + 8);
    await refused(lie, "ERR_INMEM_BAD_ZIP64");
    const none = Buffer.from(bytes);
    none.writeUInt32LE(0, locator);
    await refused(none, "ERR_INMEM_BAD_ZIP64", /locator/);
  });

  it("an entry whose extra field is missing or cut off", async () => {
    const entry = { ...good, zip64: true };
    const bytes = makeZip([entry], { zip64: true });
    const central = bytes.indexOf(Buffer.from("PK\x01\x02", "latin1"));
    const extra = central + 46 + "__main__.py".length;
    const wrongTag = Buffer.from(bytes);
    wrongTag.writeUInt16LE(0x7777, extra);
    await refused(wrongTag, "ERR_INMEM_BAD_ZIP64", /__main__\.py/);
    const short = Buffer.from(bytes);
    short.writeUInt16LE(8, extra + 2);
    await refused(short, "ERR_INMEM_BAD_ZIP64", /__main__\.py/);
  });

  it.each([
    ["entries", { entries: 2 ** 40 }, "ERR_INMEM_TOO_LARGE"],
    ["a directory size", { directorySize: 2 ** 50 }, "ERR_INMEM_BAD_ZIP64"],
    ["a directory offset", { directoryOffset: 2 ** 52 }, "ERR_INMEM_BAD_ZIP64"],
  ])("%s beyond everything", async (_name, lie, code) => {
    const bytes = zip([], { zip64: true, end: lying(lie) });
    await refused(bytes, code);
  });
});

describe("names", () => {
  it.each([
    ["absolute", "/etc/passwd.py"],
    ["with ..", "a/../../b.py"],
    ["of .. alone", ".."],
    ["ending in ..", "a/.."],
    ["with NUL", "a\0b.py"],
    ["with a backslash", "a\\b.py"],
    ["empty", ""],
    ["no UTF-8", Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x70, 0x79])],
    ["an overlong UTF-8 form", Buffer.from([0xc0, 0xae, 0x2e, 0x70, 0x79])],
    ["a surrogate in UTF-8", Buffer.from([0xed, 0xa0, 0x80])],
  ])("%s", async (_name, name) => {
    await refused(zip([{ name, data: "X" }]), "ERR_INMEM_BAD_ENTRY_NAME");
  });
});

describe("an entry that is read", () => {
  // The archive opens: an import of the bad entry fails, and names it.
  const importing = (entry: ZipEntry) =>
    makeZip([
      { name: "__main__.py", data: "import bad" },
      { ...entry, name: "bad.py" },
    ]);

  it("encrypted", () =>
    refused(
      importing({ name: "", data: "X = 1", flags: 0x801 }),
      "ERR_INMEM_ENCRYPTED",
      /bad\.py/,
    ));

  it.each([1, 6, 9, 12, 14, 95, 99, 0xffff])("of method %i", (method) =>
    refused(
      importing({ name: "", data: "X = 1", method }),
      "ERR_INMEM_UNSUPPORTED_METHOD",
      /bad\.py/,
      String(method),
    ),
  );

  it.each([0, 8])("with a wrong CRC, method %i", (method) =>
    refused(
      importing({ name: "", data: "X = 1", method, crc: 0x12345678 }),
      "ERR_INMEM_BAD_CRC",
      /bad\.py/,
      /12345678|305419896/,
    ),
  );

  it("with a declared size of 2^40", async () => {
    const lie = { name: "", data: "X = 1", zip64: true, size: 2 ** 40 };
    await refused(
      importing({ ...lie, method: 8 }),
      "ERR_INMEM_TOO_LARGE",
      /bad\.py/,
      /1099511627776/,
    );
    await refused(
      importing({ ...lie, compressedSize: 2 ** 40 }),
      "ERR_INMEM_OVERLAPPING_ENTRIES|ERR_INMEM_BAD_DIRECTORY|ERR_INMEM_TOO_LARGE",
    );
  });

  it("with a declared size that is too small or too large", async () => {
    const data = "X = 1\n".repeat(100);
    await refused(
      importing({ name: "", data, method: 8, size: 10 }),
      "ERR_INMEM_BAD_DATA",
      /bad\.py/,
    );
    await refused(
      importing({ name: "", data, method: 8, size: 10_000 }),
      "ERR_INMEM_BAD_DATA",
      /bad\.py/,
    );
    await refused(
      importing({ name: "", data, size: 10_000 }),
      "ERR_INMEM_TOO_LARGE",
      /bad\.py/,
      /10000/,
    );
  });

  it("with damaged compressed data", async () => {
    const bytes = importing({ name: "", data: "X = 1\n".repeat(1000), method: 8 });
    const at = bytes.indexOf("bad.py") + 6;
    for (const value of [0x00, 0xff, 0x07]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = value;
      await refused(damaged, "ERR_INMEM_BAD_DATA|ERR_INMEM_BAD_CRC|ERR_INMEM_TOO_LARGE", /bad\.py/);
    }
  });

  it("zstd that is none", () =>
    refused(
      importing({ name: "", data: "not zstd", method: 93 }),
      "ERR_INMEM_BAD_DATA",
      /bad\.py/,
    ));

  it("is __main__.py itself", async () => {
    await refused(makeZip([{ ...good, crc: 1 }]), "ERR_INMEM_BAD_CRC", /__main__\.py/);
    await refused(
      makeZip([{ ...good, method: 14 }]),
      "ERR_INMEM_UNSUPPORTED_METHOD",
      /__main__\.py/,
    );
  });

  it("that inflates to far more than it declares stops there", async () => {
    const data = Buffer.alloc(100 << 20);
    const bytes = importing({ name: "", data, method: 8, size: 1000 });
    await refused(bytes, "ERR_INMEM_BAD_DATA", /bad\.py/, /1000/);
  });
});

describe("no program", () => {
  it("a bundle without __main__ names the way out", async () => {
    await refused(
      makeZip({ "lib.py": "X = 1" }),
      "ERR_INMEM_NO_MAIN",
      /__main__\.py/,
      /python --bundle/,
      /module/,
    );
  });

  it("__main__ as a folder, or in a folder, is none", async () => {
    await refused(makeZip({ "__main__/x.py": "" }), "ERR_INMEM_NO_MAIN");
    await refused(makeZip({ "app/__main__.py": "" }), "ERR_INMEM_NO_MAIN");
  });

  it("an archive without entries has none", () => refused(makeZip({}), "ERR_INMEM_NO_MAIN"));

  it("is not the stdlib's: __main__ is looked up in the bundle alone", async () => {
    const { error } = await failPython(makeZip({ "x.py": py`pass` }));
    expect(error.code).toBe("ERR_INMEM_NO_MAIN");
  });
});

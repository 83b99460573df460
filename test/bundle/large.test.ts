// test/bundle/large.test.ts: contents of 64 MiB and more, which go through the bundler piece by piece.
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { fileContent, PIECE_BYTES } from "../../lib/bundle/large-content.js";
import { cleanEnv, commandLine } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { dist, fakeSharedObject, has, writeWheel } from "./support.js";

/** More than the 64 MiB that make a content large, and no whole number of pieces. */
const SIZE = 68_000_001;
// Seconds of work for one core, which others may want as well.
vi.setConfig({ testTimeout: 300_000 });

const METHODS = { stored: 0, deflate: 8, zstd: 93 } as const;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Text that compresses to a third, of any size. */
function text(size: number): Buffer {
  const words = Array.from({ length: 4096 }, (_, at) => `${(at * 2_654_435_761) % 99_991} `);
  const block = Buffer.from(words.join("") + randomBytes(1000).toString("base64"));
  return Buffer.alloc(size, block);
}

function folder(files: Record<string, Buffer>): string {
  const path = tmpDir();
  writeFileSync(join(path, "__main__.py"), "print(open(__file__).read() != '')\n");
  mkdirSync(join(path, "data"));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes);
  return path;
}

async function bundled(options: object): Promise<string> {
  const output = join(tmpDir(), "out.pyz");
  await dist.bundle().bundle({ ...options, output, cache: false });
  return output;
}

/** What the package's own reader says of one entry. */
function entryOf(path: string, name: string) {
  const archive = dist.binding().binding().openArchive(path);
  const index = archive.entries.findIndex((entry) => entry.name === name);
  return {
    ...archive.entries[index],
    content: archive.read(index),
    offset: archive.dataOffset(index),
  };
}

function manifestOf(path: string) {
  return JSON.parse(entryOf(path, "inmem.json").content.toString("utf8"));
}

describe("a large file of an application", () => {
  const content = text(SIZE);
  let place = "";
  beforeAll(() => {
    place = folder({ "data/text.bin": content, "data/after.txt": Buffer.from("after\n") });
  });

  it.each(["stored", "deflate", "zstd"] as const)("is %s as it was read", async (method) => {
    const path = await bundled({ folder: place, compress: method });
    const entry = entryOf(path, "data/text.bin");
    expect(entry.method).toBe(METHODS[method]);
    expect(entry.content.equals(content)).toBe(true);
    const told = { sha256: sha256(content), size: SIZE, kind: "resource" };
    expect(manifestOf(path).entries["data/text.bin"]).toEqual(told);
    expect(entryOf(path, "data/after.txt").content.toString()).toBe("after\n");
    if (method === "zstd") return;
    if (has("unzip")) execFileSync("unzip", ["-tqq", path]);
    if (has("python3")) execFileSync("python3", ["-m", "zipfile", "-t", path]);
  });

  it("gives the same bytes with one core", async () => {
    const output = join(tmpDir(), "one.pyz");
    const words = [process.execPath, commandLine, "bundle", "-q", "-o", output, place];
    execFileSync("taskset", ["-c", "0", ...words], { env: cleanEnv() });
    expect(readFileSync(output).equals(readFileSync(await bundled({ folder: place })))).toBe(true);
  });
});

describe("large files of other kinds", () => {
  it("are stored where compressing does not help, shared objects at a page, zeros as a hole", async () => {
    const random = randomBytes(SIZE);
    const path = await bundled({
      folder: folder({
        "data/random.bin": random,
        "data/libx.so.1": fakeSharedObject(SIZE),
        "data/zeros.bin": Buffer.alloc(SIZE),
      }),
      compress: { other: "deflate", resource: "deflate", library: "stored" },
    });
    const { method, content } = entryOf(path, "data/random.bin");
    expect({ method, same: content.equals(random) }).toEqual({ method: 0, same: true });
    const object = entryOf(path, "data/libx.so.1");
    expect({ method: object.method, rest: object.offset % 4096 }).toEqual({ method: 0, rest: 0 });
    expect(manifestOf(path).entries["data/libx.so.1"].kind).toBe("library");
    expect(entryOf(path, "data/zeros.bin").compressedSizeBytes).toBeLessThan(100_000);

    const sparse = await bundled({
      folder: folder({ "data/zeros.bin": Buffer.alloc(SIZE) }),
      compress: "stored",
    });
    const { size, blocks } = statSync(sparse);
    expect(size).toBeGreaterThan(SIZE);
    expect(blocks * 512).toBeLessThan(size / 2);
    expect(entryOf(sparse, "data/zeros.bin").content.equals(Buffer.alloc(SIZE))).toBe(true);
  });

  it("is an extension by a name that lies across two pieces, where its symbols say so", async () => {
    const object = fakeSharedObject(SIZE);
    Buffer.from("\0PyInit_x\0").copy(object, PIECE_BYTES - 4);
    const compress = { library: "stored", extension: "stored" } as const;
    const path = await bundled({ folder: folder({ "data/x.so": object }), compress });
    // Not one that can be read: it is asked for the name alone.
    expect(manifestOf(path).entries["data/x.so"].kind).toBe("extension");
  });
});

describe("a large file of a wheel", () => {
  const content = text(SIZE);
  let wheel = "";
  beforeAll(async () => {
    wheel = await writeWheel(tmpDir(), "big", { "big/text.bin": content, "big/__init__.py": "" });
  });

  it("keeps the wheel's own deflate data", async () => {
    const path = await bundled({ requirements: [wheel], noIndex: true });
    const [from, to] = [wheel, path].map((one) => entryOf(one, "big/text.bin"));
    expect(to?.method).toBe(8);
    expect(to?.content.equals(content)).toBe(true);
    const data = (file: string, { offset = 0, compressedSizeBytes = 0 } = {}) =>
      readFileSync(file).subarray(offset, offset + compressedSizeBytes);
    expect(data(path, to).equals(data(wheel, from))).toBe(true);
    // And again out of that bundle.
    const again = await bundled({ from: path, compress: "zstd" });
    expect(entryOf(again, "big/text.bin").method).toBe(93);
    const back = await bundled({ from: again });
    expect(manifestOf(back).entries["big/text.bin"].sha256).toBe(sha256(content));
  });

  it("is refused when it is damaged, whatever RECORD and the headers say", async () => {
    const bytes = readFileSync(wheel);
    const { offset } = entryOf(wheel, "big/text.bin");
    const damaged = join(tmpDir(), basename(wheel));
    const place = offset + 20_000;
    bytes.writeUInt8(bytes.readUInt8(place) ^ 0x10, place);
    writeFileSync(damaged, bytes);
    const told = { code: expect.stringMatching(/^ERR_INMEM_BAD_(DATA|CRC)$/) };
    await expect(bundled({ requirements: [damaged], noIndex: true })).rejects.toMatchObject(told);
  });

  it("is refused when it is not what RECORD says", async () => {
    const files = { "big/text.bin": content };
    const lie = await writeWheel(tmpDir(), "big", files, { "big/text.bin": "something else" });
    await expect(bundled({ requirements: [lie], noIndex: true })).rejects.toMatchObject({
      code: "ERR_INMEM_BUNDLER",
      message: expect.stringContaining("as its RECORD says"),
    });
  });
});

describe("the pieces", () => {
  it("of a file that changes are told", async () => {
    const path = join(tmpDir(), "file");
    writeFileSync(path, Buffer.alloc(1000));
    const all = async (sizeBytes: number) => {
      for await (const piece of fileContent(path, sizeBytes).pieces())
        expect(piece.length).toBe(1000);
    };
    await all(1000);
    for (const size of [999, 1001]) {
      await expect(all(size)).rejects.toMatchObject({ code: "ERR_INMEM_FILE_CHANGED" });
    }
  });
});

// test/bundle/pyc-cache.test.ts: byte code that is kept for later bundles: when it is used, and when not.
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { BundleOptions } from "../../lib/bundle.js";
import { tmpDir } from "../helpers/tmp.js";
import { dist, readRawEntries, writeWheel, writeZip } from "./support.js";

const FILES = {
  "kept/__init__.py": "VALUE = 'from the source'\n",
  "kept/other.py": "def f():\n    assert False\n",
  "kept/tests/test_x.py": "x = 1\n",
};

let home: string;
let packs: string;
let wheels: string;

beforeEach(async () => {
  home = tmpDir();
  packs = join(home, "inmem-python", "bytecode");
  wheels = tmpDir();
  await writeWheel(wheels, "kept", FILES);
  vi.stubEnv("XDG_CACHE_HOME", home);
  return () => vi.unstubAllEnvs();
});

async function make(options: Omit<BundleOptions, "output"> = {}): Promise<Buffer> {
  const output = join(tmpDir(), "out.pyz");
  await dist.bundle().bundle({ output, wheelFolders: [wheels], ...options });
  return readFileSync(output);
}

function onlyPack(): string {
  const names = readdirSync(packs);
  expect(names).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.zip$/)]);
  return join(packs, names[0] ?? "");
}

const namesIn = (pack: string) => readRawEntries(pack).map(({ name }) => name);

describe("byte code of an earlier bundle", () => {
  it("is used for the same wheel, and gives the same bytes", async () => {
    const first = await make();
    const { ino } = statSync(onlyPack());
    expect((await make()).equals(first)).toBe(true);
    expect(statSync(onlyPack()).ino).toBe(ino);
    // Its content comes from there, or not, as `cache` says.
    await writeZip(onlyPack(), { "kept/__init__.pyc": "from the pack" });
    expect((await make()).includes("from the pack")).toBe(true);
    expect((await make({ cache: false })).equals(first)).toBe(true);
  });

  it("is not used for another wheel of the same name, nor for another optimization", async () => {
    await make();
    await make({ optimize: 1 });
    expect(readdirSync(packs)).toHaveLength(2);
    await writeWheel(wheels, "kept", { ...FILES, "kept/__init__.py": "VALUE = 'another'\n" });
    const other = await make();
    expect(readdirSync(packs)).toHaveLength(3);
    expect(other.equals(await make({ cache: false }))).toBe(true);
  });

  it("is completed by what an earlier bundle left out", async () => {
    await make({ prune: ["tests"] });
    expect(namesIn(onlyPack())).toEqual(["kept/__init__.pyc", "kept/other.pyc"]);
    await make({ exclude: ["other.py"] });
    expect(namesIn(onlyPack()).sort()).toEqual([
      "kept/__init__.pyc",
      "kept/other.pyc",
      "kept/tests/test_x.pyc",
    ]);
    expect((await make()).equals(await make({ cache: false }))).toBe(true);
  });

  it("is made anew where it was damaged", async () => {
    const first = await make();
    const pack = onlyPack();
    const whole = readFileSync(pack);
    const damaged = Buffer.from(whole);
    const at = damaged.indexOf("from the source");
    damaged[at] = 0x46;
    for (const bytes of [damaged, whole.subarray(0, whole.length / 2), Buffer.alloc(9)]) {
      writeFileSync(pack, bytes);
      expect((await make()).equals(first)).toBe(true);
      expect(readFileSync(pack).equals(whole)).toBe(true);
    }
  });

  it("is kept whole by two at once", async () => {
    const made = await Promise.all([make(), make(), make()]);
    expect(made.every((bytes) => bytes.equals(made[0] as Buffer))).toBe(true);
    expect(namesIn(onlyPack())).toHaveLength(3);
  });

  it("gives way to what was used later, when there is a gigabyte", async () => {
    await make();
    const [old, abandoned, fresh] = ["0.zip", ".1.zip.ab.tmp", ".2.zip.ab.tmp"].map((name) => {
      const path = join(packs, name);
      writeFileSync(path, "");
      return path;
    }) as [string, string, string];
    truncateSync(old, 2 ** 30);
    const days = Date.now() / 1000 - 2 * 24 * 3600;
    for (const path of [old, abandoned]) utimesSync(path, days, days);
    const pack = readdirSync(packs).find((name) => /^[0-9a-f]{64}/.test(name));
    await make();
    expect(readdirSync(packs).sort()).toEqual([fresh.slice(packs.length + 1), pack]);
  });
});

describe("a cache that cannot be trusted or written", () => {
  it("is left alone where others may write it", async () => {
    const first = await make();
    await writeZip(onlyPack(), { "kept/__init__.pyc": "from the pack" });
    chmodSync(packs, 0o777);
    expect((await make()).equals(first)).toBe(true);
    chmodSync(packs, 0o700);
    expect((await make()).equals(first)).toBe(false);
  });

  it("does not keep a bundle from being made", async () => {
    const first = await make();
    writeFileSync(join(home, "file"), "");
    vi.stubEnv("XDG_CACHE_HOME", join(home, "file"));
    expect((await make()).equals(first)).toBe(true);
    // A folder where its file would be.
    const other = tmpDir();
    vi.stubEnv("XDG_CACHE_HOME", other);
    const [name = ""] = readdirSync(packs);
    const mode = 0o700;
    mkdirSync(join(other, "inmem-python", "bytecode", name), { recursive: true, mode });
    expect((await make()).equals(first)).toBe(true);
  });
});

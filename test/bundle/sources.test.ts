// test/bundle/sources.test.ts: where requirements come from: indexes, locks, projects, scripts; and what is wrong with them.
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { BundleInputs, BundleProgress } from "../../lib/bundle/options.js";
import { tmpDir } from "../helpers/tmp.js";
import { sha256Of, startIndex, writeTrueWheel } from "./package-index.js";
import { dist, readRawEntries } from "./support.js";

// What this machine has set for pip is not for these.
beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^PIP_|_proxy$/i.test(name)) vi.stubEnv(name, undefined);
  }
  vi.stubEnv("PIP_CONFIG_FILE", "/dev/null");
  vi.stubEnv("PIP_NO_CACHE_DIR", "1");
  vi.stubEnv("PIP_RETRIES", "0");
  return () => vi.unstubAllEnvs();
});

async function bundleOf(folder: string, inputs: BundleInputs, told: BundleProgress[] = []) {
  const output = join(folder, "out.pyz");
  const onProgress = (progress: BundleProgress) => told.push(progress);
  const result = await dist.bundle().bundle({ ...inputs, output, onProgress });
  return {
    wheels: result.wheels.map(({ name, version }) => `${name} ${version}`),
    files: result.wheels.map(({ fileName }) => fileName),
    names: readRawEntries(result.output).map(({ name }) => name),
  };
}

const write = (path: string, text: string) => {
  writeFileSync(path, text);
  return path;
};

describe("an index", () => {
  it("is asked for requirements, within constraints, and tells what was downloaded", async () => {
    const folder = tmpDir();
    await writeTrueWheel(folder, { name: "alpha", requires: ["beta>=1"] });
    for (const version of ["1.0", "1.5", "2.0"]) {
      const files = { "beta.bin": randomBytes(700_000).toString("hex") };
      await writeTrueWheel(folder, { name: "beta", version, files });
    }
    const index = await startIndex(folder);
    const constraints = write(join(folder, "constraints.txt"), "beta<2\n");
    const told: BundleProgress[] = [];
    const inputs = { requirements: ["alpha"], constraintFiles: [constraints], indexUrl: index.url };
    const made = await bundleOf(folder, inputs, told);
    expect(made.wheels).toEqual(["alpha 1.0", "beta 1.5"]);
    const downloads = told.filter((progress) => progress.phase === "download");
    expect(downloads.at(-1)).toMatchObject({ file: "beta-1.5-py3-none-any.whl" });
    expect(downloads.at(-1)?.doneBytes).toBe(downloads.at(-1)?.totalBytes);
    expect(downloads.at(-1)?.doneBytes).toBeGreaterThan(700_000);
    expect(downloads.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
  });

  it("gets the credentials of a netrc, and a refusal is told as one", async () => {
    const folder = tmpDir();
    await writeTrueWheel(folder, { name: "secret" });
    const index = await startIndex(folder, { login: { user: "me", password: "pass" } });
    const inputs = { requirements: ["secret"], indexUrl: index.url };
    vi.stubEnv("HOME", folder);
    await expect(bundleOf(folder, inputs)).rejects.toMatchObject({ code: "ERR_INMEM_INDEX" });
    write(join(folder, ".netrc"), "machine 127.0.0.1 login me password pass\n");
    expect((await bundleOf(folder, inputs)).wheels).toEqual(["secret 1.0"]);
  });

  it("comes from pip's own settings, too", async () => {
    const folder = tmpDir();
    await writeTrueWheel(folder, { name: "named" });
    const index = await startIndex(folder);
    vi.stubEnv("PIP_INDEX_URL", index.url);
    expect((await bundleOf(folder, { requirements: ["named"] })).wheels).toEqual(["named 1.0"]);
    vi.stubEnv("PIP_INDEX_URL", undefined);
    vi.stubEnv(
      "PIP_CONFIG_FILE",
      write(join(folder, "pip.conf"), `[global]\nindex-url = ${index.url}\n`),
    );
    expect((await bundleOf(folder, { requirements: ["named"] })).wheels).toEqual(["named 1.0"]);
  });

  it("that nobody answers at is an error of its own", async () => {
    const inputs = { requirements: ["anything"], indexUrl: "http://127.0.0.1:9/simple/" };
    await expect(bundleOf(tmpDir(), inputs)).rejects.toMatchObject({ code: "ERR_INMEM_INDEX" });
  });

  it("that pip does not trust, likewise", async () => {
    const inputs = { requirements: ["anything"], indexUrl: "http://index.invalid/simple/" };
    await expect(bundleOf(tmpDir(), inputs)).rejects.toMatchObject({
      code: "ERR_INMEM_INDEX",
      message: expect.stringContaining("not a trusted or secure host"),
    });
  });

  it("through a proxy that nobody answers at, likewise", async () => {
    vi.stubEnv("http_proxy", "http://127.0.0.1:9");
    vi.stubEnv("PIP_TRUSTED_HOST", "index.invalid");
    const inputs = { requirements: ["anything"], indexUrl: "http://index.invalid/simple/" };
    await expect(bundleOf(tmpDir(), inputs)).rejects.toMatchObject({ code: "ERR_INMEM_INDEX" });
  });

  it("of requirements that are elsewhere: pip's reason, without its frames", async () => {
    const inputs = { requirementFiles: ["http://127.0.0.1:9/requirements.txt"] };
    const error = await bundleOf(tmpDir(), inputs).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({
      code: "ERR_INMEM_INDEX",
      message: expect.stringMatching(/^pip failed .*:\nERROR: .*Connection refused.*$/),
    });
  });
});

describe("bad requirements", () => {
  it("files whose hashes differ are refused", async () => {
    const folder = tmpDir();
    const wheel = await writeTrueWheel(folder, { name: "hashed" });
    const at = (hash: string) =>
      write(join(folder, "requirements.txt"), `hashed==1.0 --hash=sha256:${hash}\n`);
    const inputs = (hash: string) => ({
      requirementFiles: [at(hash)],
      findLinks: [folder],
      noIndex: true,
    });
    expect((await bundleOf(folder, inputs(sha256Of(wheel)))).wheels).toEqual(["hashed 1.0"]);
    await expect(bundleOf(folder, inputs("0".repeat(64)))).rejects.toMatchObject({
      code: "ERR_INMEM_HASH_MISMATCH",
      message: expect.stringContaining("0000"),
    });
  });

  it("no wheel for the target: the message has the tags that exist and those wanted", async () => {
    const folder = tmpDir();
    for (const tags of ["cp312-cp312-win_amd64", "cp313-cp313-macosx_11_0_arm64"]) {
      await writeTrueWheel(folder, { name: "native", tags });
    }
    const inputs = { requirements: ["native"], findLinks: [folder], noIndex: true };
    await expect(bundleOf(folder, inputs)).rejects.toMatchObject({
      code: "ERR_INMEM_NO_WHEEL",
      message: expect.stringMatching(
        /native 1\.0 fits: there are .*cp312-cp312-win_amd64.*; wanted is cp313 .*manylinux_2_\d+_x86_64/,
      ),
    });
  });

  it("a name that nobody has is none of these", async () => {
    const inputs = { requirements: ["no-such-thing"], findLinks: [tmpDir()], noIndex: true };
    await expect(bundleOf(tmpDir(), inputs)).rejects.toMatchObject({
      code: "ERR_INMEM_REQUIREMENTS",
      message: expect.stringContaining("No matching distribution found for no-such-thing"),
    });
  });

  it("two inputs that bring different versions name both files", async () => {
    const folder = tmpDir();
    const wheels = join(folder, "wheels");
    mkdirSync(wheels);
    await writeTrueWheel(wheels, { name: "twice", version: "1.0" });
    const other = await writeTrueWheel(folder, { name: "twice", version: "2.0" });
    await expect(
      bundleOf(folder, { requirements: [other], wheelFolders: [wheels], noIndex: true }),
    ).rejects.toMatchObject({
      code: "ERR_INMEM_REQUIREMENTS",
      message: expect.stringMatching(/twice-2\.0.*and twice-1\.0|twice-1\.0.*and twice-2\.0/),
    });
  });
});

describe("another target", () => {
  const tagged = (folder: string) =>
    Promise.all(
      ["cp312-cp312-manylinux_2_17_aarch64", "cp313-cp313-manylinux_2_17_x86_64"].map((tags) =>
        writeTrueWheel(folder, {
          name: "native",
          tags,
          requires: [
            'arm; platform_machine == "aarch64"',
            'intel; platform_machine == "x86_64"',
            'old; python_version < "3.13"',
          ],
        }),
      ),
    );

  it("gets its own wheels, and markers are true for it", async () => {
    const folder = tmpDir();
    await tagged(folder);
    for (const name of ["arm", "intel", "old"]) await writeTrueWheel(folder, { name });
    const inputs = { requirements: ["native"], findLinks: [folder], noIndex: true };
    const here = await bundleOf(folder, inputs);
    expect(here.wheels).toEqual(["intel 1.0", "native 1.0"]);
    const target = { platform: "manylinux_2_28_aarch64", pythonVersion: "3.12" };
    const there = await bundleOf(folder, { ...inputs, ...target });
    expect(there.files).toEqual([
      "arm-1.0-py3-none-any.whl",
      "native-1.0-cp312-cp312-manylinux_2_17_aarch64.whl",
      "old-1.0-py3-none-any.whl",
    ]);
  });

  it("has names that are checked", async () => {
    for (const target of [{ platform: "windows" }, { pythonVersion: "2.7" }]) {
      const inputs = { requirements: ["x"], ...target };
      await expect(bundleOf(tmpDir(), inputs)).rejects.toMatchObject({ code: "ERR_INMEM_CONFIG" });
    }
  });
});

describe("pylock.toml", () => {
  const lock = (folder: string, packages: string, top = "") =>
    write(
      join(folder, "pylock.toml"),
      `lock-version = "1.0"\ncreated-by = "test"\n${top}\n${packages}`,
    );
  const entry = (name: string, file: string, hash: string, more = "") => `
[[packages]]
name = "${name}"
version = "1.0"
${more}
wheels = [{ name = "${file}", path = "${file}", hashes = { sha256 = "${hash}" } }]
`;

  it("names the files; markers, extras and groups choose among its packages", async () => {
    const folder = tmpDir();
    const names = ["always", "never", "extra_one", "dev_one"];
    const packages: string[] = [];
    for (const name of names) {
      const path = await writeTrueWheel(folder, { name, requires: ["not-in-the-lock"] });
      const marker = {
        always: "",
        never: `marker = "sys_platform == 'win32'"`,
        extra_one: `marker = "'fast' in extras"`,
        dev_one: `marker = "'dev' in dependency_groups"`,
      }[name];
      packages.push(entry(name, `${name}-1.0-py3-none-any.whl`, sha256Of(path), marker));
    }
    const top = `extras = ["fast"]\ndependency-groups = ["dev"]\n`;
    const path = lock(folder, packages.join(""), top);
    const inputs = { requirementFiles: [path], noIndex: true };
    expect((await bundleOf(folder, inputs)).wheels).toEqual(["always 1.0"]);
    const all = { ...inputs, extras: ["fast"], groups: ["dev"] };
    expect((await bundleOf(folder, all)).wheels).toEqual([
      "always 1.0",
      "dev_one 1.0",
      "extra_one 1.0",
    ]);
    await expect(bundleOf(folder, { ...inputs, extras: ["slow"] })).rejects.toMatchObject({
      code: "ERR_INMEM_CONFIG",
      message: expect.stringContaining("expected one of: fast"),
    });
  });

  it("holds files to their hashes and the target to its Python", async () => {
    const folder = tmpDir();
    await writeTrueWheel(folder, { name: "changed" });
    const packages = entry("changed", "changed-1.0-py3-none-any.whl", "1".repeat(64));
    await expect(
      bundleOf(folder, { requirementFiles: [lock(folder, packages)] }),
    ).rejects.toMatchObject({ code: "ERR_INMEM_HASH_MISMATCH" });
    const old = lock(folder, packages, `requires-python = "<3.10"`);
    await expect(bundleOf(folder, { requirementFiles: [old] })).rejects.toMatchObject({
      code: "ERR_INMEM_CONFIG",
      message: expect.stringContaining("requires Python <3.10"),
    });
    const elsewhere = lock(folder, packages, `environments = ["sys_platform == 'win32'"]`);
    await expect(bundleOf(folder, { requirementFiles: [elsewhere] })).rejects.toMatchObject({
      code: "ERR_INMEM_CONFIG",
      message: expect.stringContaining("other environments than this target: sys_platform"),
    });
    const either = `environments = ["sys_platform == 'win32'", "sys_platform == 'linux'"]`;
    const here = lock(folder, packages, either);
    await expect(bundleOf(folder, { requirementFiles: [here] })).rejects.toMatchObject({
      code: "ERR_INMEM_HASH_MISMATCH",
    });
    const next = write(join(folder, "pylock.new.toml"), 'lock-version = "2.0"\n');
    await expect(bundleOf(folder, { requirementFiles: [next] })).rejects.toMatchObject({
      message: expect.stringContaining('lock-version "2.0" (expected 1.0)'),
    });
  });
});

describe("a folder of wheels", () => {
  it("is bundled as it is", async () => {
    const folder = tmpDir();
    await writeTrueWheel(folder, { name: "one", requires: ["not-there"] });
    await writeTrueWheel(folder, { name: "two" });
    const made = await bundleOf(folder, { wheelFolders: [folder] });
    expect(made.wheels).toEqual(["one 1.0", "two 1.0"]);
    expect(readdirSync(folder)).toContain("out.pyz");
  });

  it("with a wheel for another host is refused", async () => {
    const folder = tmpDir();
    await writeTrueWheel(folder, { name: "other", tags: "cp313-cp313-win_amd64" });
    await expect(bundleOf(folder, { wheelFolders: [folder] })).rejects.toMatchObject({
      code: "ERR_INMEM_NO_WHEEL",
    });
  });
});

// test/bundle/up-to-date.test.ts: bundles of described applications, below the user's cache.
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

// An application that prints the text, and a cache of its own.
function application() {
  const folder = tmpDir();
  const cache = tmpDir();
  writeFileSync(join(folder, "inmem.toml"), `name = "app"\nmain = "a.py"\n`);
  const say = (text: string) =>
    writeFileSync(join(folder, "a.py"), `print(${JSON.stringify(text)})\n`);
  const start = (home = cache) => spawnCommand(["run", folder], { env: { XDG_CACHE_HOME: home } });
  const builds = () => {
    const [name = ""] = readdirSync(join(cache, "inmem-python", "bundles"));
    return join(cache, "inmem-python", "bundles", name);
  };
  return { say, start, builds };
}

describe("run FOLDER", () => {
  it("keeps the bundle of now and the one before, and what another process is making", async () => {
    const { say, start, builds } = application();
    say("one");
    expect((await start()).stdout).toBe("one\n");
    const making = join(builds(), "of-another-process");
    const abandoned = join(builds(), "of-a-process-long-gone");
    mkdirSync(making);
    mkdirSync(abandoned);
    const longAgo = new Date(Date.now() - 7 * 24 * 3600 * 1000);
    utimesSync(abandoned, longAgo, longAgo);
    for (const text of ["two", "three"]) {
      say(text);
      expect((await start()).stdout).toBe(`${text}\n`);
    }
    expect(existsSync(making)).toBe(true);
    expect(existsSync(abandoned)).toBe(false);
    expect(readdirSync(builds())).toHaveLength(3);
  });

  it("makes all anew where the bundle before is damaged", async () => {
    const { say, start, builds } = application();
    say("one");
    expect((await start()).stdout).toBe("one\n");
    for (const name of readdirSync(builds())) {
      writeFileSync(join(builds(), name, "app.pyz"), "no zip");
    }
    say("two");
    expect(await start()).toMatchObject({ code: 0, stdout: "two\n" });
  });

  it("tells a cache that cannot be made", async () => {
    const { say, start } = application();
    say("one");
    const file = join(tmpDir(), "file");
    writeFileSync(file, "");
    const { code, stderr } = await start(file);
    expect(code).toBe(2);
    expect(stderr).toMatch(/ERR_INMEM_BUNDLER: cannot make .*: ENOTDIR; .*XDG_CACHE_HOME/);
  });
});

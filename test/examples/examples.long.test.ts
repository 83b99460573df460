// test/examples/examples.long.test.ts: each folder of examples/ runs by its inmem.toml alone, with wheels from PyPI.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureSystemPackages } from "../../scripts/common/system-packages.mjs";
import { chromiumPackages } from "../../scripts/house/packages.mjs";
import { packageRoot, type SpawnOptions, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

// How this machine reaches PyPI (proxy, certificates) is pip's to know.
const pipSettings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(PIP_|SSL_CERT_|.*_proxy$)/i.test(name)),
) as Record<string, string>;

function runExample(name: string, options: SpawnOptions = {}) {
  const env = { ...pipSettings, XDG_CACHE_HOME: tmpDir() };
  const words = ["run", join(packageRoot, "examples", name), ...(options.args ?? [])];
  return spawnCommand(words, { ...options, env });
}

/** Calls back when the program has printed its first line. */
const whenServing = (act: () => void): Pick<SpawnOptions, "onSpawn"> => ({
  onSpawn: (child) => {
    child.stdout?.once("data", act);
  },
});

describe("examples/", () => {
  beforeAll(() => ensureSystemPackages(chromiumPackages));

  it("numpy-app", async () => {
    const { code, stdout, stderr } = await runExample("numpy-app");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/linear solve, 500 x 500: relative residual .*: ok\n/);
    expect(stdout).not.toContain("WRONG");
  });

  it("pillow-thumbnail", async () => {
    const { code, stdout, stderr } = await runExample("pillow-thumbnail");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^JPEG 1600 x 900 became PNG 160 x 90\nlibjpeg-turbo \d\S+, zlib \d\S+\n$/,
    );
  });

  it("cli-with-scripts", async () => {
    const stdin = "the quick brown foxes";
    expect(await runExample("cli-with-scripts", { stdin })).toMatchObject({
      code: 0,
      stdout: "4 words\n",
      stderr: "",
    });
  });

  it("flask-service", async () => {
    let answer: Promise<unknown> | undefined;
    const asked = whenServing(() => {
      answer = fetch("http://127.0.0.1:8090/hello/you").then((response) => response.json());
    });
    expect(await runExample("flask-service", asked)).toMatchObject({
      code: 0,
      stdout: "serving http://127.0.0.1:8090/hello/NAME\na request came: done\n",
      stderr: "",
    });
    expect(await answer).toEqual({ greeting: "Hello, you", served_from: "service.py" });
  });

  it("python-web, in a real browser", async () => {
    let page: Promise<{ stdout: string }> | undefined;
    const visited = whenServing(() => {
      const profile = `--user-data-dir=${tmpDir()}`;
      const options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server", profile];
      page = promisify(execFile)("chromium", [
        ...options,
        "--virtual-time-budget=5000",
        "--dump-dom",
        "http://127.0.0.1:8091/",
      ]);
    });
    expect(await runExample("python-web", visited)).toMatchObject({
      code: 0,
      stdout: "serving web/ on http://127.0.0.1:8091/\nthe page is complete: done\n",
      stderr: "",
    });
    expect((await page)?.stdout).toContain("complete, in rgb(0, 96, 0)");
  });
});

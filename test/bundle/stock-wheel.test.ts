// test/bundle/stock-wheel.test.ts: from a requirements file to a running program, with numpy from PyPI.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pathWithoutPython } from "../../scripts/common/no-python.mjs";
import { cleanEnv, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { has, readRawEntries } from "./support.js";

const PROGRAM = `
import numpy as np
a = np.random.default_rng(7).random((50, 50))
assert np.allclose(np.linalg.solve(a, a @ np.ones(50)), 1)
print(np.__file__)
`;

describe("a stock numpy wheel", () => {
  it("is fetched, packed, aligned and run, with no Python on PATH", async () => {
    const folder = tmpDir();
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(folder, "app.py"), PROGRAM);
    writeFileSync(join(folder, "requirements.txt"), "numpy\n");
    // How this machine reaches PyPI (proxy, certificates) is pip's to know.
    const settings = Object.entries(process.env).filter(([name]) =>
      /^(PIP_|SSL_CERT_|.*_proxy$)/i.test(name),
    ) as [string, string][];
    const env = { ...Object.fromEntries(settings), PATH: pathWithoutPython(bin) };
    const words = ["-r", "requirements.txt", "--main", "app.py", "-o", "app.pyz"];
    const made = await spawnCommand(["bundle", ...words], { cwd: folder, env });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/entries, \d\d shared objects\n {2}numpy 2\./);

    const path = join(folder, "app.pyz");
    const objects = readRawEntries(path).filter(({ name }) => /\.so(\.|$)/.test(name));
    expect(objects.length).toBeGreaterThan(10);
    expect(objects.filter(({ method, dataOffset }) => method !== 0 || dataOffset % 4096)).toEqual(
      [],
    );
    if (has("unzip")) execFileSync("unzip", ["-tqq", path], { env: cleanEnv() });

    const run = await spawnCommand(["run", "--report=json", path], { env: cleanEnv() });
    expect(run).toMatchObject({ code: 0, stdout: `${path}/numpy/__init__.py\n` });
    const report = JSON.parse(run.stderr);
    const paths: string[] = report.objects.map((object: { path: string }) => object.path);
    expect(paths.some((name) => name.includes("numpy.libs/libscipy_openblas"))).toBe(true);
    expect(report.modules.memory).toContain("numpy.linalg");
    expect(report.modules.disk).toEqual([]);
  }, 300_000); // a download, in part
});

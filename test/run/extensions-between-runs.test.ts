// test/run/extensions-between-runs.test.ts: extension modules from one run to the next.

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeWheel } from "../bundle/support.js";
import { numpyWheel } from "../helpers/numpy.js";
import { bundleOf, failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { extension, extensionSuffix } from "../helpers/shared-object.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const so = (name: string) => `${name}${extensionSuffix}`;

describe("an extension module", () => {
  it("is imported from memory, in a first and in a second run", async () => {
    const bundle = bundleOf({
      "__main__.py": "import alpha; print(alpha.value(), alpha.__file__, id(alpha))",
      [so("alpha")]: extension("alpha", 42),
    });
    const first = (await runPython(bundle)).stdout;
    expect(first).toMatch(/^42 \/proc\/inmem\/.*\/alpha\.cpython-313-x86_64-linux-gnu\.so \d+\n$/);
    expect((await runPython(bundle)).stdout).toBe(first);
  });

  it("of the same content in another bundle keeps its identity", async () => {
    const bytes = extension("beta", 7);
    const bundle = (text: string) =>
      zipFile({
        "__main__.py": `import beta; print("${text}", beta.value(), id(beta))`,
        [so("beta")]: bytes,
      });
    const id = (text: string) => text.split(" ")[2];
    const first = (await runPython(bundle("one"))).stdout;
    const second = (await runPython(bundle("two"))).stdout;
    expect(second).toMatch(/^two 7 /);
    expect(id(second)).toBe(id(first));
  });

  it("in another build is a named conflict; the first build works on", async () => {
    const bundle = (value: number) => ({
      "__main__.py": "import gamma; print(gamma.value())",
      [so("gamma")]: extension("gamma", value),
    });
    const one = zipFile(bundle(1));
    const two = zipFile(bundle(2));
    expect((await runPython(one)).stdout).toBe("1\n");
    const { error } = await failPython(two);
    expect(error).toMatchObject({ code: "ERR_INMEM_EXTENSION_CONFLICT", type: "ImportError" });
    expect(error.message).toContain(two);
    expect(error.message).toContain(one);
    expect(error.message).toContain("gamma");
    expect(error.message).toContain("expected");
    expect((await runPython(one)).stdout).toBe("1\n");
    expect((await runPython("print('no gamma here')")).stdout).toBe("no gamma here\n");
  });

  it("conflicts also where only a Python file of its package differs", async () => {
    const bytes = extension("core", 5);
    const bundle = (text: string) => ({
      "__main__.py": "import delta; print(delta.NAME, delta.core.value())",
      "delta/__init__.py": `NAME = "${text}"\nfrom . import core`,
      [`delta/${so("core")}`]: bytes,
    });
    expect((await runPython(bundle("one"))).stdout).toBe("one 5\n");
    expect((await failPython(bundle("two"))).error.code).toBe("ERR_INMEM_EXTENSION_CONFLICT");
    expect((await runPython(bundle("one"))).stdout).toBe("one 5\n");
  });

  it("that conflicts does no harm to a bundle that has it but does not import it", async () => {
    const bundle = (value: number, source: string) => ({
      "__main__.py": source,
      [so("epsilon")]: extension("epsilon", value),
    });
    expect((await runPython(bundle(1, "import epsilon; print(epsilon.value())"))).stdout).toBe(
      "1\n",
    );
    expect((await runPython(bundle(2, "print('unused')"))).stdout).toBe("unused\n");
    const caught = py`
      try: import epsilon
      except ImportError as error: print("caught", error.inmem_code)
    `;
    expect((await runPython(bundle(2, caught))).stdout).toBe(
      "caught ERR_INMEM_EXTENSION_CONFLICT\n",
    );
  });

  it("that a run deleted from sys.modules comes back by import", async () => {
    const bundle = {
      "__main__.py": "import sys, zeta; del sys.modules['zeta']; import zeta; print(zeta.value())",
      [so("zeta")]: extension("zeta", 6),
    };
    expect((await runPython(bundle)).stdout).toBe("6\n");
    expect((await runPython(bundle)).stdout).toBe("6\n");
  });

  it("that printed in C is not caught by the stdout option: documented", async () => {
    const more = "extern int puts(const char *); extern int fflush(void *);";
    const bundle = {
      "__main__.py": "import eta; eta.value(); print('python')",
      [so("eta")]: extension("eta", '(puts("[C code on descriptor 1]"), fflush(0), 1L)', more),
    };
    const source = `
      const { run } = require("inmem-python");
      let caught = "";
      run(process.argv[2], { stdout: (text) => (caught += text) }).then(() => process.stderr.write(caught));
    `;
    const ran = await spawnNode(source, { args: [zipFile(bundle)] });
    expect(ran).toMatchObject({ stdout: "[C code on descriptor 1]\n", stderr: "python\n" });
  });
});

describe("numpy", () => {
  const program = py`
    import json
    import numpy as np
    rng = np.random.default_rng(7)
    a = rng.standard_normal((50, 50)); b = rng.standard_normal(50)
    residual = float(np.abs(a @ np.linalg.solve(a, b) - b).max())
    spectrum = float(np.abs(np.fft.ifft(np.fft.fft(b)) - b).max())
    print(json.dumps([np.__version__, residual < 1e-9, spectrum < 1e-12, np.__file__, id(np)]))
  `;

  it("runs from a folder of its stock wheel and an application's, in run one and two", async () => {
    const folder = tmpDir();
    const wheel = await numpyWheel();
    const name = wheel.slice(wheel.lastIndexOf("/") + 1);
    copyFileSync(wheel, join(folder, name));
    await writeWheel(folder, "app", { "app.py": program });
    type Row = [string, boolean, boolean, string, number];
    const first = await jsonOf<Row>(folder, { module: "app" });
    expect(first.slice(1, 4)).toEqual([true, true, `${folder}/${name}/numpy/__init__.py`]);
    const second = await jsonOf<Row>(folder, { module: "app" });
    expect(second).toEqual(first);
    await runPython("print('another program between')");
    expect(await jsonOf<Row>(folder, { module: "app" })).toEqual(first);
    const threads = py`
      from concurrent.futures import ThreadPoolExecutor
      import numpy as np
      with ThreadPoolExecutor(4) as pool:
          print(sum(pool.map(lambda n: int(np.ones((n, n)).sum()), [100] * 20)))
    `;
    await writeWheel(folder, "pool", { "pool.py": threads });
    expect((await runPython(folder, { module: "pool" })).stdout).toBe("200000\n");
  });
});

// test/run/environment.test.ts: what the `env` option reaches, and that it goes again.
import { afterEach, describe, expect, it } from "vitest";
import { failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

// os.environ, os.getenv, C's getenv and a child, for one variable.
const everywhere = py`
  import ctypes, json, os, subprocess
  getenv = ctypes.CDLL(None).getenv
  getenv.restype = ctypes.c_char_p
  def seen(name):
      c = getenv(name.encode())
      child = subprocess.run(["sh", "-c", f"printf %s \"${"$"}{{{name}-unset}}\""], capture_output=True, text=True).stdout
      return [os.environ.get(name), os.getenv(name), None if c is None else c.decode(), child]
`;

afterEach(() => {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("INMEM_TEST_")) delete process.env[name];
  }
});

describe("env", () => {
  it("reaches os.environ, C's getenv, children and process.env, and goes after the run", async () => {
    const seen: unknown[] = [];
    const promise = jsonOf(`${everywhere}\nprint(json.dumps(seen("INMEM_TEST_A")))`, {
      env: { INMEM_TEST_A: "wért 💡" },
    });
    seen.push(process.env["INMEM_TEST_A"]);
    expect(await promise).toEqual(Array(4).fill("wért 💡"));
    expect(seen).toEqual(["wért 💡"]);
    expect(process.env["INMEM_TEST_A"]).toBeUndefined();
    const after = await jsonOf(`${everywhere}\nprint(json.dumps(seen("INMEM_TEST_A")))`);
    expect(after).toEqual([null, null, null, "unset"]);
  });

  it("unsets a variable for the run, and puts it back", async () => {
    process.env["INMEM_TEST_B"] = "outer";
    const source = `${everywhere}\nprint(json.dumps(seen("INMEM_TEST_B")))`;
    expect(await jsonOf(source, { env: { INMEM_TEST_B: undefined } })).toEqual([
      null,
      null,
      null,
      "unset",
    ]);
    expect(process.env["INMEM_TEST_B"]).toBe("outer");
    expect(await jsonOf(source)).toEqual(Array(4).fill("outer"));
  });

  it("is put back after an exception and after a bundle that does not open", async () => {
    process.env["INMEM_TEST_C"] = "outer";
    const env = { INMEM_TEST_C: "inner" };
    await failPython("1/0", { env });
    expect(process.env["INMEM_TEST_C"]).toBe("outer");
    await failPython("/nowhere.pyz", { env });
    expect(process.env["INMEM_TEST_C"]).toBe("outer");
  });

  it("shows what JavaScript set between two runs", async () => {
    process.env["INMEM_TEST_D"] = "one";
    const source = `import os; print(os.environ.get("INMEM_TEST_D"))`;
    expect((await runPython(source)).stdout).toBe("one\n");
    process.env["INMEM_TEST_D"] = "two";
    expect((await runPython(source)).stdout).toBe("two\n");
    delete process.env["INMEM_TEST_D"];
    expect((await runPython(source)).stdout).toBe("None\n");
  });

  it("takes an empty value, and names that are no identifiers", async () => {
    const env = { INMEM_TEST_E: "", "INMEM_TEST_F.g-h": "=x=" };
    const source = `import os, json; print(json.dumps([os.environ["INMEM_TEST_E"], os.environ["INMEM_TEST_F.g-h"]]))`;
    expect(await jsonOf(source, { env })).toEqual(["", "=x="]);
  });

  it("reaches the first program too where an earlier run() failed before its own began", async () => {
    const path = zipFile({ "__main__.py": "import os; print(os.environ.get('INMEM_TEST_LATE'))" });
    const source = `
      const { run } = require("inmem-python");
      run("/nowhere.pyz").catch(() => run(process.argv[2], { env: { INMEM_TEST_LATE: "here" } }));`;
    const { stdout } = await spawnNode(source, { args: [path] });
    expect(stdout).toBe("here\n");
  });

  it("puts back a variable that Python changed meanwhile", async () => {
    await runPython(`import os; os.environ["INMEM_TEST_OWN"] = "left"`, {
      env: { INMEM_TEST_OWN: "given" },
    });
    expect(process.env["INMEM_TEST_OWN"]).toBe(undefined);
  });

  it("leaves PYTHON* variables without effect: the interpreter is isolated", async () => {
    const env = { PYTHONPATH: "/tmp/evil", PYTHONHOME: "/nowhere", PYTHONWARNINGS: "error" };
    const source = `import sys, json; print(json.dumps(["/tmp/evil" in sys.path, sys.flags.isolated, sys.warnoptions]))`;
    expect(await jsonOf(source, { env })).toEqual([false, 1, []]);
  });
});

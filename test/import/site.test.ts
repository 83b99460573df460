// test/import/site.test.ts: .pth files at the root of a bundle act as in site-packages.
import { describe, expect, it } from "vitest";
import { launcher, startPython } from "../children/support.js";
import { jsonOf, py, runPython } from "../helpers/python.js";
import { zipFile } from "../helpers/zip.js";

describe(".pth files at the root of a bundle", () => {
  it("act before the program begins, in the order of their names", async () => {
    const path = zipFile({
      "b.pth": "# a comment\nadded\nabsent\n\nimport sys; sys.order.append('b')\n../outside\n",
      "a.pth": "import sys; sys.order = ['a']",
      ".hidden.pth": "import sys; sys.order = ['hidden']",
      "sub/c.pth": "import sys; sys.order.append('c')",
      "added/from_pth.py": "X = 'added'",
      "__main__.py":
        "import json, sys, from_pth; print(json.dumps([sys.order, sys.path[:2], sys.path[-1].endswith('python3.13'), from_pth.X]))",
    });
    expect(await jsonOf(path)).toEqual([["a", "b"], [path, `${path}/added`], true, "added"]);
  });

  it("see their folder as `sitedir` in the frame, as setuptools' namespace packages expect", async () => {
    const path = zipFile({
      "ns.pth":
        "import sys, types, os; p = os.path.join(sys._getframe(1).f_locals['sitedir'], 'nspkg'); m = sys.modules.setdefault('nspkg', types.ModuleType('nspkg')); m.__dict__.setdefault('__path__', []).append(p)\n",
      "nspkg/part.py": "X = 'part'",
      "__main__.py": "import nspkg.part; print(nspkg.part.X)",
    });
    expect((await runPython(path)).stdout).toBe("part\n");
  });

  it("with an error are told of, and the next goes on", async () => {
    const path = zipFile({
      "a.pth": "import absent_module\nnever\n",
      "b.pth": "import sys; sys.b = True",
      "__main__.py": "import sys; print(sys.b, len(sys.path))",
    });
    const { stdout, stderr } = await runPython(path);
    expect(stdout).toBe("True 2\n");
    expect(stderr).toContain(`Error processing line 1 of ${path}/a.pth:`);
    expect(stderr).toContain("ModuleNotFoundError: No module named 'absent_module'");
    expect(stderr).toContain("Remainder of file ignored");
  });

  it("are all that acts: usercustomize and sitecustomize are modules as any other", async () => {
    const path = zipFile({
      "usercustomize.py": "print('user')",
      "sitecustomize.py": "print('site')",
      "a.pth": "import sys; sys.a = 1",
      "__main__.py": "print('main'); import usercustomize",
    });
    expect((await runPython(path)).stdout).toBe("main\nuser\n");
  });

  it.each([
    ["inside Node", {}],
    ["in a process of its own", { process: true }],
  ])("act in subinterpreters of a program %s, each for itself", async (_, options) => {
    const path = zipFile({
      "a.pth": "import sys; sys.order = [*getattr(sys, 'order', []), 'a']\nadded\n",
      "added/from_pth.py": "X = 'added'",
      "__main__.py": py`
        import _interpreters, os, sys
        for config in ("isolated", "legacy"):
            i = _interpreters.create(config)
            r, w = os.pipe()
            code = f"import from_pth, json, os, sys; os.write({w}, json.dumps([sys.order, from_pth.X, sys.path[:2], sys.meta_path[0].__name__]).encode())"
            assert _interpreters.run_string(i, code) is None
            print(os.read(r, 1000).decode())
            _interpreters.destroy(i)
        print('["' + sys.order[0] + '"]')
      `,
    });
    const { stdout } = await runPython(path, options);
    const lines = stdout.trim().split("\n");
    const told = [["a"], "added", [path, `${path}/added`], "Finder"];
    expect(lines.map((line) => JSON.parse(line))).toEqual([told, told, ["a"]]);
    // What one run acted on is not the next one's.
    const none = py`
      import _interpreters
      i = _interpreters.create()
      print(_interpreters.run_string(i, "import sys, json; assert not hasattr(sys, 'order')"))
    `;
    expect((await runPython(none, options)).stdout).toBe("None\n");
  });

  it("are read anew by each run", async () => {
    const files = {
      "a.pth": "extra\n",
      "extra/x.py": "X = 1",
      "__main__.py": "import x; print(x.X)",
    };
    const path = zipFile(files);
    expect((await runPython(path)).stdout).toBe("1\n");
    expect((await runPython(path)).stdout).toBe("1\n");
    const without = py`
      import sys; print(len(sys.path))
    `;
    expect((await runPython(without)).stdout).toBe("2\n");
  });
});

describe(".pth files of a bundle in Python as a program of its own", () => {
  const bundle = (main = "") =>
    zipFile({
      "__main__.py": main,
      "a.pth": "import sys; sys.order = ['a']\nadded\n",
      "added/from_pth.py": "",
      "worker.py":
        "import sys\ndef told(*_): import from_pth; return [getattr(sys, 'order', None), sys.path[0], sys.path[1:2]]\n",
    });

  it("act where `site` does, before the program", async () => {
    const path = bundle();
    const told = async (...flags: string[]) => {
      const code = "import sys; print(getattr(sys, 'order', None), sys.path.count(sys.argv[1]))";
      const args = [...flags, "-c", code, `${path}/added`];
      return (await startPython(launcher, { args, env: { INMEM_BUNDLES: path } })).stdout;
    };
    expect(await told()).toBe("['a'] 1\n");
    expect(await told("-I")).toBe("['a'] 1\n");
    expect(await told("-S")).toBe("None 0\n");
  });

  it("do not where a zip is the program, as in python3", async () => {
    const path = bundle("import sys; print(hasattr(sys, 'order'), len(sys.path))");
    const { stdout } = await startPython(launcher, { args: ["-I", path] });
    expect(stdout).toMatch(/^False /);
  });

  it.each([
    ["inside Node", {}],
    ["in a process of its own", { process: true }],
  ])("act in workers of a program %s", async (_, options) => {
    const main = py`
      import concurrent.futures, json, multiprocessing, subprocess, sys, worker
      if __name__ == "__main__":
          for method in ("spawn", "forkserver"):
              context = multiprocessing.get_context(method)
              with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
                  print(json.dumps(pool.submit(worker.told).result()))
          code = "import json, worker; print(json.dumps(worker.told()))"
          print(subprocess.run([sys.executable, "-P", "-c", code], stdout=-1, text=True).stdout)
    `;
    const path = bundle(main);
    const { stdout } = await runPython(path, options);
    const [spawned, forked, child] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect([spawned, forked]).toEqual(Array(2).fill([["a"], path, expect.anything()]));
    expect(spawned[2][0]).toBe(`${path}/added`);
    expect(child).toEqual(spawned);
  });
});

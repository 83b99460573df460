// test/import/site.test.ts: .pth files at the root of a bundle act as in site-packages.
import { describe, expect, it } from "vitest";
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

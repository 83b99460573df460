// test/run/between-runs.test.ts: what stays from one run to the next in a process, and what does not.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

describe("a fresh start", () => {
  it("gives each run its own __main__", async () => {
    await runPython("leftover = 1; __builtins__.leftover2 = 2");
    const source =
      "import sys, json; print(json.dumps(['leftover' in globals(), len(sys.modules['__main__'].__dict__) < 15]))";
    expect(await jsonOf(source)).toEqual([false, true]);
  });

  it("undoes sys.path, hooks, excepthook, displayhook and tracing", async () => {
    await runPython(py`
      import sys
      sys.path.insert(0, "/left")
      sys.meta_path.insert(0, None.__class__)
      sys.meta_path.pop(0)
      sys.path_hooks.clear()
      sys.excepthook = sys.displayhook = sys.unraisablehook = print
      sys.setrecursionlimit(5000)
      sys.setswitchinterval(0.1)
    `);
    const { stdout } = await runPython(py`
      import sys
      print("/left" in sys.path, len(sys.path_hooks) > 0, sys.excepthook is sys.__excepthook__)
      print(sys.displayhook is sys.__displayhook__, sys.gettrace(), sys.getprofile())
      print(sys.getrecursionlimit(), round(sys.getswitchinterval(), 6))
    `);
    expect(stdout).toBe("False True True\nTrue None None\n1000 0.005\n");
  });

  it("undoes trace functions and warning filters", async () => {
    await runPython(
      "import sys, warnings; warnings.simplefilter('error'); sys.settrace(lambda *a: None)",
    );
    const { stderr, exitCode } = await runPython("import warnings; warnings.warn('seen')");
    expect(exitCode).toBe(0);
    expect(stderr).toContain("UserWarning: seen");
  });

  it("gives the streams back that a run replaced or closed", async () => {
    await runPython("import sys, io; sys.stdout = io.StringIO(); sys.__stdout__.close()");
    expect((await runPython("print('here')")).stdout).toBe("here\n");
  });

  it("starts with its own signal handlers", async () => {
    await runPython(
      "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, print)",
    );
    const source =
      "import signal; print(signal.getsignal(2) is signal.default_int_handler, signal.getsignal(15))";
    expect((await runPython(source)).stdout).toBe("True 0\n");
  });

  it("has the decimal context of the start", async () => {
    await runPython("import decimal; decimal.getcontext().prec = 3");
    // The context is the thread's, and the thread stays.
    expect((await runPython("import decimal; print(decimal.getcontext().prec)")).stdout).toBe(
      "28\n",
    );
  });
});

describe("modules", () => {
  const main = "import mod; mod.COUNT += 1; print(mod.COUNT)";

  it("of the same bundle stay as they are", async () => {
    const path = zipFile({ "__main__.py": main, "mod.py": "COUNT = 0" });
    expect((await runPython(path)).stdout).toBe("1\n");
    expect((await runPython(path)).stdout).toBe("2\n");
  });

  it("of the same content in another file or buffer stay too", async () => {
    const files = { "__main__.py": main, "mod.py": "COUNT = 10" };
    expect((await runPython(zipFile(files))).stdout).toBe("11\n");
    expect((await runPython(zipFile(files))).stdout).toBe("12\n");
    expect((await runPython(bundleOf(files))).stdout).toBe("13\n");
  });

  it("of other content replace those of the same name", async () => {
    const program = (text: string) => ({
      "__main__.py": "import pkg.sub; print(pkg.X, pkg.sub.Y, pkg.__file__.count('pkg'))",
      "pkg/__init__.py": `X = "${text}"`,
      "pkg/sub.py": "Y = __name__",
    });
    expect((await runPython(program("one"))).stdout).toMatch(/^one pkg\.sub/);
    expect((await runPython(program("two"))).stdout).toMatch(/^two pkg\.sub/);
    expect((await runPython(program("one"))).stdout).toMatch(/^one pkg\.sub/);
  });

  it("that the next bundle lacks are gone", async () => {
    await runPython({ "__main__.py": "import lonely", "lonely.py": "" });
    const { error } = await failPython("import lonely");
    expect(error).toMatchObject({
      type: "ModuleNotFoundError",
      message: "No module named 'lonely'",
    });
    expect((await runPython("import sys; print('lonely' in sys.modules)")).stdout).toBe("False\n");
  });

  it("of the stdlib stay, also where a bundle shadowed one", async () => {
    const shadowing = () =>
      runPython({
        "__main__.py": "import colorsys; print(colorsys.X)",
        "colorsys.py": "X = 'mine'",
      });
    expect((await shadowing()).stdout).toBe("mine\n");
    expect((await runPython("import colorsys; print(colorsys.rgb_to_hsv(0, 0, 0))")).stdout).toBe(
      "(0.0, 0.0, 0)\n",
    );
    // And the other way: what the stdlib's own module brought in does not hide the bundle's.
    expect((await shadowing()).stdout).toBe("mine\n");
  });

  it("from a real folder are read anew", async () => {
    const folder = tmpDir();
    const source = `import sys; sys.path.insert(0, ${JSON.stringify(folder)}); sys.dont_write_bytecode = True; import real; print(real.X)`;
    writeFileSync(join(folder, "real.py"), "X = 'first'");
    expect((await runPython(source)).stdout).toBe("first\n");
    writeFileSync(join(folder, "real.py"), "X = 'the second'");
    expect((await runPython(source)).stdout).toBe("the second\n");
  });

  it("of a package are the new bundle's, also those that no run had imported before", async () => {
    const program = (text: string, more = {}) => ({
      "__main__.py": `import p${text === "one" ? "" : `, p.late; print(p.late.X, p.late.__file__)`}`,
      "p/__init__.py": "",
      "p/late.py": `X = "${text}"`,
      ...more,
    });
    await runPython(zipFile(program("one")));
    const two = zipFile(program("two"));
    expect((await runPython(two)).stdout).toMatch(/^two /);
    const three = { ...program("one"), "__main__.py": "import p.added; print(p.added.Y)" };
    expect((await runPython(zipFile({ ...three, "p/added.py": "Y = 3" }))).stdout).toBe("3\n");
  });

  it("whose file was replaced by rename are those of the new file", async () => {
    const path = zipFile({ "__main__.py": "import mod; print(mod.X)", "mod.py": "X = 1" });
    expect((await runPython(path)).stdout).toBe("1\n");
    const next = zipFile({ "__main__.py": "import mod; print('new', mod.X)", "mod.py": "X = 222" });
    renameSync(next, path);
    expect((await runPython(path)).stdout).toBe("new 222\n");
    expect((await runPython(path)).stdout).toBe("new 222\n");
  });

  it("whose file is replaced during a run go on from the old one", async () => {
    const path = zipFile({
      "__main__.py":
        "import os, sys\nos.rename(sys.argv[1], sys.argv[0])\nimport late; print(late.X)",
      "late.py": "X = 'old'",
    });
    const next = zipFile({ "__main__.py": "import late; print(late.X)", "late.py": "X = 'next'" });
    expect((await runPython(path, { args: [next] })).stdout).toBe("old\n");
    expect((await runPython(path)).stdout).toBe("next\n");
  });

  it("half imported when the run failed are imported anew", async () => {
    const failing = { "__main__.py": "import half", "half.py": "X = 1\n1/0" };
    expect((await failPython(failing)).error.type).toBe("ZeroDivisionError");
    expect((await failPython(failing)).error.type).toBe("ZeroDivisionError");
  });
});

describe("the stdlib's own state", () => {
  const twice = async (source: string, stdout: string) => {
    expect(await runPython(source)).toMatchObject({ exitCode: 0, stdout, stderr: "" });
    expect(await runPython(source)).toMatchObject({ exitCode: 0, stdout, stderr: "" });
  };

  it("atexit functions run once, at the end of their own run, last first", () =>
    twice(
      "import atexit\natexit.register(print, 'first')\natexit.register(print, 'second')\nprint('main')",
      "main\nsecond\nfirst\n",
    ));

  it("atexit runs after SystemExit and after an exception; its own failure is printed", async () => {
    const exit = "import atexit, sys; atexit.register(print, 'bye'); sys.exit(3)";
    expect(await runPython(exit)).toMatchObject({ exitCode: 3, stdout: "bye\n" });
    const fails = await failPython("import atexit; atexit.register(print, 'bye'); 1/0");
    expect(fails.stdout).toBe("bye\n");
    const broken = await runPython("import atexit; atexit.register(lambda: 1/0)");
    expect(broken.exitCode).toBe(0);
    expect(broken.stderr).toContain("ZeroDivisionError");
  });

  it("weakref.finalize runs at the end of each run", () =>
    twice(
      "import weakref, sys\nclass A: pass\nkeep = A()\nf = weakref.finalize(keep, print, 'finalized')\nprint('main')",
      "main\nfinalized\n",
    ));

  it("thread pools work in each run, and are awaited", () =>
    twice(
      py`
        from concurrent.futures import ThreadPoolExecutor
        import time
        with ThreadPoolExecutor(4) as pool:
            print(sum(pool.map(lambda x: x * x, range(10))))
        left = ThreadPoolExecutor(1)
        left.submit(lambda: (time.sleep(0.05), print("late")))
      `,
      "285\nlate\n",
    ));

  it("logging works in each run, with the stream of that run", async () => {
    const source = "import logging; logging.basicConfig(level='INFO'); logging.info('told')";
    for (let i = 0; i < 3; i++) {
      expect((await runPython(source)).stderr).toBe("INFO:root:told\n");
    }
    // No handlers are left: the last resort goes to the stream of the run.
    const last = "import logging; logging.warning('resort')";
    expect((await runPython(last)).stderr).toBe("WARNING:root:resort\n");
  });

  it("asyncio works in each run, in a thread too", () =>
    twice(
      py`
        import asyncio
        async def main():
            await asyncio.sleep(0.01)
            return await asyncio.to_thread(lambda: "from a thread")
        print(asyncio.run(main()))
      `,
      "from a thread\n",
    ));

  it("asyncio subprocesses work in each run", () =>
    twice(
      py`
        import asyncio
        async def main():
            p = await asyncio.create_subprocess_exec("echo", "child", stdout=-1)
            out, _ = await p.communicate()
            return out.decode().strip(), p.returncode
        print(asyncio.run(main()))
      `,
      "('child', 0)\n",
    ));

  it("multiprocessing's parts work in each run", () =>
    twice(
      "from multiprocessing.pool import ThreadPool\nwith ThreadPool(3) as p: print(p.map(abs, [-1, -2]))",
      "[1, 2]\n",
    ));

  it("tempfile, random, sqlite3, decimal, json work in each run", () =>
    twice(
      py`
        import tempfile, random, sqlite3, decimal, json, os
        with tempfile.TemporaryDirectory() as d: open(os.path.join(d, "x"), "w").close()
        random.seed(1); n = random.randrange(100)
        c = sqlite3.connect(":memory:"); (x,) = c.execute("select 6 * 7").fetchone(); c.close()
        print(n, x, decimal.Decimal(1) / 8, json.dumps({"a": [1]}))
      `,
      '17 42 0.125 {"a": [1]}\n',
    ));
});

describe("threads of a run", () => {
  it("that are no daemons are awaited", async () => {
    const source = py`
      import threading, time
      def work():
          time.sleep(0.1); print("worker")
          threading.Thread(target=lambda: (time.sleep(0.1), print("its own worker"))).start()
      threading.Thread(target=work).start()
      print("main")
    `;
    expect((await runPython(source)).stdout).toBe("main\nworker\nits own worker\n");
    expect((await runPython(source)).stdout).toBe("main\nworker\nits own worker\n");
  });

  it("that are no daemons are awaited after an exception, before atexit", async () => {
    const source = py`
      import atexit, threading, time
      atexit.register(print, "atexit")
      threading.Thread(target=lambda: (time.sleep(0.1), print("worker"))).start()
      1/0
    `;
    expect((await failPython(source)).stdout).toBe("worker\natexit\n");
  });

  it("that are daemons are not; the next run goes on beside them", async () => {
    const source = py`
      import threading, time
      threading.Thread(target=time.sleep, args=(3,), daemon=True).start()
      print("main")
    `;
    const started = performance.now();
    expect((await runPython(source)).stdout).toBe("main\n");
    expect((await runPython("print('next')")).stdout).toBe("next\n");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it("that are daemons and print after their run reach nobody's stdout", async () => {
    const source = py`
      import sys, threading, time
      out = sys.stdout
      def late():
          time.sleep(0.2)
          try: print("stray", file=out, flush=True)
          except BaseException: pass
      threading.Thread(target=late, daemon=True).start()
    `;
    await runPython(source);
    const { stdout } = await runPython("import time; time.sleep(0.5); print('mine')");
    expect(stdout).toBe("mine\n");
  });
});

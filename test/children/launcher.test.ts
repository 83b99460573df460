// test/children/launcher.test.ts: sys.executable takes words, streams and signals as python3 does: both are asked.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";
import { bothPythons, type Case } from "./support.js";

const flags =
  "import sys; print(sys.flags, sys.argv, sys.orig_argv[1:], sys.warnoptions, sys._xoptions)";
const script = `import sys
print(sys.argv, __name__, __file__, __package__, sys.path[0])
print(__spec__ and __spec__.name, sys.stdin.read())
`;

function folder(): string {
  const made = tmpDir();
  mkdirSync(join(made, "folder"));
  mkdirSync(join(made, "package"));
  const files = ["script.py", "folder/__main__.py", "package/__main__.py", "module.py"];
  for (const file of files) writeFileSync(join(made, file), script);
  writeFileSync(join(made, "package", "__init__.py"), "");
  writeFileSync(join(made, "junk.py"), `not python\n${script}`);
  writeFileSync(join(made, "app.pyz"), makeZip({ "__main__.py": script }));
  return made;
}

async function expectSame(what: Case) {
  const { ours, stock } = await bothPythons(what);
  expect(ours).toEqual(stock);
  return ours;
}

describe("the launcher's command line is python3's", () => {
  const cwd = folder();

  it.each([
    [["-c", flags, "a", "-b"]],
    [["-I", "-c", flags]],
    [["-E", "-c", flags]],
    [["-s", "-c", flags]],
    [["-S", "-c", "import sys; print(sys.flags, 'site' in sys.modules)"]],
    [["-P", "-c", flags]],
    [["-B", "-c", flags]],
    [["-O", "-c", `assert False; ${flags}`]],
    [["-OO", "-c", `${flags}; print(__debug__)`]],
    [["-b", "-c", `${flags}; print(b'' == '')`]],
    [["-bb", "-c", "print(b'' == '')"]],
    [["-q", "-c", flags]],
    [["-d", "-c", flags]],
    [["-u", "-c", "import sys; print(sys.stdout.write_through)"]],
    [["-W", "error", "-W", "ignore::UserWarning", "-c", flags]],
    [["-W", "error", "-c", "import warnings; warnings.warn('loud')"]],
    [["-X", "dev", "-c", flags]],
    [["-X", "utf8=0", "-X", "int_max_str_digits=5000", "-c", flags]],
    [["-X", "tracemalloc=3", "-c", "import tracemalloc; print(tracemalloc.get_traceback_limit())"]],
    [["-X", "faulthandler", "-c", "import faulthandler; print(faulthandler.is_enabled())"]],
    [["-X", "pycache_prefix=/tmp/x", "-c", "import sys; print(sys.pycache_prefix)"]],
    [["--check-hash-based-pycs", "always", "-c", "import _imp; print(_imp.check_hash_based_pycs)"]],
    [["-V"]],
    [["-VV"]],
    [["-h"]],
    [["--help-env"]],
    [["--help-xoptions"]],
    [["-z"]],
    [["-c"]],
    [["-m"]],
    [["-m", "no_such_module"]],
    [["-m", "json.tool", "--help"]],
    [["no-such-file.py"]],
    [["-c", "raise SystemExit(7)"]],
    [["-c", "raise SystemExit('told')"]],
    [["-c", "1 / 0"]],
    [["-c", "not python"]],
    [["-c", "import os; os._exit(9)"]],
    [["-c", "import sys; sys.stdout.close(); print(1)"]],
  ])("%j", async (args) => {
    await expectSame({ args, cwd });
  });

  it.each([
    ["a script", ["script.py", "a", "b"]],
    ["a script by a longer path", ["./folder/../script.py"]],
    ["a folder", ["folder", "a"]],
    ["a package's folder", ["package"]],
    ["a zip", ["app.pyz", "a"]],
    ["a module", ["-m", "module", "a"]],
    ["a package", ["-m", "package"]],
    ["a script without its first line", ["-x", "junk.py"]],
  ])("runs %s", async (_, args) => {
    const { stdout } = await expectSame({ args, cwd, stdin: "from stdin" });
    expect(stdout).toContain("from stdin");
  });

  it("runs what comes on stdin, with - and without a word", async () => {
    const stdin = "import sys\nprint(sys.argv, __name__)\n";
    await expectSame({ args: ["-", "a"], cwd, stdin });
    await expectSame({ args: [], cwd, stdin });
    await expectSame({ args: ["-i"], cwd, stdin });
    await expectSame({ args: ["-i", "-c", "x = 6"], cwd, stdin: "print(x * 7)\n" });
  });

  it("says why Python does not start", async () => {
    const args = ["-X", "tracemalloc=1073741824", "-c", "1"];
    const { ours, stock } = await bothPythons({ args });
    expect(stock.code).not.toBe(0);
    expect(ours.code).not.toBe(0);
    const [why] = /ValueError: .*\]/.exec(stock.stderr) ?? [""];
    expect(why).not.toBe("");
    expect(ours.stderr).toContain(why);
  });

  it("tells with -v what it imports", async () => {
    const { ours, stock } = await bothPythons({ args: ["-v", "-c", "import json"], cwd });
    for (const { stderr } of [ours, stock]) expect(stderr).toMatch(/^import 'json' # /m);
  });

  it("reads PYTHON* variables, and not with -I or -E", async () => {
    const env = { PYTHONPATH: join(cwd, "folder"), PYTHONOPTIMIZE: "2", PYTHONUNBUFFERED: "1" };
    const print = "import sys; print(sys.flags, [p for p in sys.path if 'folder' in p])";
    const { stdout } = await expectSame({ args: ["-c", print], cwd, env });
    expect(stdout).toContain("/folder']");
    await expectSame({ args: ["-E", "-c", print], cwd, env });
    await expectSame({ args: ["-I", "-c", print], cwd, env });
    const [first, second] = ["one", "two"].map((name) => {
      const path = join(cwd, `${name}.zip`);
      writeFileSync(path, makeZip({ [`${name}/__init__.py`]: "", [`${name}/m.py`]: script }));
      return path;
    });
    const zips = { PYTHONPATH: `${first}:${second}` };
    for (const name of ["one", "two"])
      await expectSame({ args: ["-m", `${name}.m`], cwd, env: zips });
    const importers =
      "import two.m, one.m; print(type(one.__loader__), [(k, str(v)) for k, v in sys.path_importer_cache.items() if k.endswith('.zip')])";
    await expectSame({ args: ["-S", "-c", importers], cwd, env: zips });
    await expectSame({
      args: ["-c", "1"],
      cwd,
      env: { PYTHONSTARTUP: "/nope", PYTHONINSPECT: "1" },
    });
  });
});

describe("the launcher takes signals as python3 does", () => {
  const sends = (signal: NodeJS.Signals): Pick<Case, "onOutput"> => ({
    // A moment later: then it is in the loop.
    onOutput: (child, text) => {
      if (text === "ready\n") setTimeout(() => child.kill(signal), 100);
    },
  });
  // In short pieces: a signal right before a call of sleep() does not end that call, in any Python.
  const sleep = "import time; print('ready', flush=True)\nwhile True: time.sleep(0.05)";

  it("dies of SIGINT by the signal, after the traceback", async () => {
    const { signal, stderr } = await expectSame({ args: ["-c", sleep], ...sends("SIGINT") });
    expect(signal).toBe("SIGINT");
    expect(stderr).toContain("KeyboardInterrupt");
  });

  it.each(["SIGTERM", "SIGHUP", "SIGUSR1", "SIGKILL"] as const)("dies of %s", async (name) => {
    const { signal } = await expectSame({ args: ["-c", sleep], ...sends(name) });
    expect(signal).toBe(name);
  });

  it("calls the program's handlers", async () => {
    const handle =
      "import signal\nsignal.signal(signal.SIGTERM, lambda number, _: exit(number + 20))\n";
    const { code } = await expectSame({
      args: ["-c", handle + sleep],
      ...sends("SIGTERM"),
    });
    expect(code).toBe(35);
  });

  it("leads a process group of its own where it is asked to, which ends as a whole", async () => {
    const group = `import os, signal, subprocess, sys
child = "import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)']); print(os.getpgrp() == os.getpid(), flush=True); import time; time.sleep(30)"
for options in (dict(process_group=0), dict(start_new_session=True)):
    leader = subprocess.Popen([sys.executable, "-c", child], stdout=-1, text=True, **options)
    print(leader.stdout.readline(), os.getpgid(leader.pid) == leader.pid)
    os.killpg(leader.pid, signal.SIGTERM)
    print(leader.wait(), repr(leader.stdout.read()))
`;
    const { code, stdout } = await expectSame({ args: ["-c", group] });
    expect([code, stdout]).toEqual([0, "True\n True\n-15 ''\n".repeat(2)]);
  });

  it("has the kernel's dispositions, and SIGPIPE ignored", async () => {
    // SigQ is a limit, and of how many signals wait in the whole user's processes.
    const lines =
      "print(*[line for line in open('/proc/self/status') if line.startswith(('SigB', 'SigI', 'SigC'))])";
    await expectSame({ args: ["-c", lines] });
  });
});

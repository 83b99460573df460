// test/children/bundles.test.ts: Python children of run() see its bundles, however they are started.
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeWheel } from "../bundle/support.js";
import { bundleOf, jsonOf, py, runPython } from "../helpers/python.js";
import { extension } from "../helpers/shared-object.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";
import { launcher, startPython } from "./support.js";

const inside = "where = __file__\n";
const program = py`
  import json, os, shlex, subprocess, sys
  code = """if 1:
      import inside, os, json
      print(json.dumps([inside.where, sorted(name for name in os.environ if name.startswith("INMEM"))]))
  """
  python = sys.executable
  seen = {}
  def note(what, out):
      seen[what] = json.loads(out) if out.strip() else None
  def run(what, *args, **kwargs):
      note(what, subprocess.run(*args, **kwargs, stdout=-1, text=True, check=True).stdout)
  run("plain", [python, "-c", code])
  run("no environment", [python, "-c", code], env={})
  run("isolated", [python, "-I", "-c", code], env={})
  run("open descriptors", [python, "-c", code], close_fds=False)
  run("a shell", f"{python} -c {shlex.quote(code)}", shell=True)
  run("a shell with an environment", f"{python} -c {shlex.quote(code)}", shell=True, env=dict(os.environ, X="1"))
  run("another folder", [python, "-c", code], cwd="/")
  run("before exec", [python, "-c", code], preexec_fn=lambda: None)
  again = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}], env={{}}, check=True)"
  run("a child's child", [python, "-c", again], env={})
  again = f"import os, shlex, sys; os.system(sys.executable + ' -c ' + shlex.quote({code!r}))"
  run("a child's shell", [python, "-c", again], env={})
  note("popen", os.popen(f"{python} -c {shlex.quote(code)}").read())
  def through_file(what, start):
      with open(os.environ["OUT"], "w+") as out:
          start(out.fileno())
          out.seek(0)
          note(what, out.read())
  through_file("system", lambda fd: os.system(f"{python} -c {shlex.quote(code)} > $OUT"))
  for what, environment in (("posix_spawn", {}), ("posix_spawn with all", os.environ)):
      through_file(what, lambda fd: os.waitpid(os.posix_spawn(python, [python, "-c", code], environment, file_actions=[(os.POSIX_SPAWN_DUP2, fd, 1)]), 0))
  print(json.dumps([inside_path := __import__("inside").where, seen]))
`;
/** Each with a module of its own: equal ones stay loaded between runs, as they were. */
const files = (name = "") => ({ "__main__.py": program, "inside.py": `${inside}# ${name}` });

type Seen = Record<string, [string, string[]]>;

// Plain names only where the environment was handed on.
const shown = [
  "plain",
  "open descriptors",
  "a shell",
  "a shell with an environment",
  "another folder",
  "before exec",
  "popen",
  "system",
  "posix_spawn with all",
  "a child's shell",
];

describe("children of run()", () => {
  it.each([
    ["a file", () => zipFile(files("file"))],
    ["a file with ':' in its path", () => zipFile(files("colon"), "a:b\\c.pyz")],
    ["a Buffer", () => bundleOf(files("buffer"))],
  ])("import from %s", async (_, bundle) => {
    const env = { OUT: join(tmpDir(), "out") };
    const [where, seen] = await jsonOf<[string, Seen]>(bundle(), { env });
    expect(Object.keys(seen)).toHaveLength(14);
    for (const [what, found] of Object.entries(seen)) {
      const names = shown.includes(what) ? ["INMEM_BUNDLES"] : [];
      expect([what, found]).toEqual([what, [where, names]]);
    }
  });

  it("import from a folder and its wheels, and from the program's own folder first", async () => {
    const folder = tmpDir();
    await writeWheel(folder, "packed", { "packed.py": "x = 1", "inside.py": "where = 'wheel'" });
    writeFileSync(join(folder, "inside.py"), "where = 'folder'");
    writeFileSync(
      join(folder, "__main__.py"),
      "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import inside, packed; print([inside.where, packed.x])'], env={})",
    );
    const { stdout } = await spawnCommand(["run", folder], { cwd: "/" });
    expect(stdout).toBe("['folder', 1]\n");
  });

  it("load extension modules from it, in the way that was asked for", async () => {
    const main = py`
      import subprocess, sys
      lines = "import native_part, os; print(native_part.value(), [l.split()[5] for l in open('/proc/self/maps') if 'native_part' in l][0])"
      print(subprocess.run([sys.executable, "-c", lines], stdout=-1, text=True, env={}).stdout)
    `;
    const bundle = zipFile({ "__main__.py": main, "native_part.so": extension("native_part", 42) });
    expect((await runPython(bundle, { load: "memfd" })).stdout).toContain("42 /memfd:");
    expect((await runPython(bundle, { load: "extract" })).stdout).toMatch(/42 \/(?!memfd)/);
  });

  it("do without where the program says so: INMEM_BUNDLES is empty", async () => {
    const main = py`
      import subprocess, sys
      print(subprocess.run([sys.executable, "-c", "import inside"], env={"INMEM_BUNDLES": ""}, stderr=-1).stderr.decode())
    `;
    const { stdout } = await runPython({ ...files(), "__main__.py": main });
    expect(stdout).toContain("ModuleNotFoundError: No module named 'inside'");
  });

  it("see the bundles through a link to the launcher, too", async () => {
    const link = join(tmpDir(), "python3");
    symlinkSync(launcher, link);
    const main = py`
      import subprocess, sys
      print(subprocess.run([sys.argv[1], "-c", "import inside; print(inside.where)"], env={}, stdout=-1).stdout.decode())
    `;
    const bundle = zipFile({ ...files(), "__main__.py": main });
    const { stdout } = await runPython(bundle, { args: [link] });
    expect(stdout.trim()).toBe(`${bundle}/inside.py`);
  });

  it("import from what the program mounts, a file or bytes, until it unmounts it", async () => {
    const main = py`
      import inmem, json, os, subprocess, sys
      def ask(**options):
          done = subprocess.run([sys.executable, "-c", "import late, os; print(late.x, 'INMEM_BUNDLES' in os.environ)"], stdout=-1, stderr=-1, text=True, **options)
          return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]
      found = []
      for bundle in (sys.argv[1], open(sys.argv[1], "rb").read()):
          point = inmem.mount(bundle)
          found += [ask(), ask(env={}), ask(env=dict(os.environ)), ask(cwd="/"), ask(cwd="/", env={})]
          inmem.unmount(point)
          found.append(ask())
      print(json.dumps(found))
    `;
    const late = zipFile({ "late.py": "x = 5" });
    const gone = "ModuleNotFoundError: No module named 'late'";
    const each = ["5 True", "5 False", "5 True", "5 True", "5 False", gone];
    for (const more of [{}, { process: true }]) {
      const found = await jsonOf<string[]>(zipFile({ "__main__.py": main }), {
        args: [late],
        ...more,
      });
      expect(found).toEqual([...each, ...each]);
    }
  });

  it("inherit no descriptor but those that they are given", async () => {
    const main = py`
      import json, os, subprocess, sys
      def count(program): return len(subprocess.run(program, stdout=-1, text=True).stdout.split())
      print(json.dumps([count(["ls", "/proc/self/fd"]), count([sys.executable, "-c", "import os; print(*os.listdir('/proc/self/fd'))"])]))
    `;
    // 0, 1, 2 and the listed folder; the launcher has its bundle open besides.
    expect(await jsonOf(bundleOf({ ...files(), "__main__.py": main }))).toEqual([4, 5]);
  });
});

describe("a child that cannot have its bundle says so", () => {
  const buffer = "/proc/inmem/buffer/1/bundle.zip";
  it.each([
    ["a file that is gone", "/nowhere/app.pyz", "/nowhere/app.pyz: No such file"],
    [
      "a parent that is gone",
      `${buffer}=/proc/4194303/fd/3`,
      "the parent must run until its child",
    ],
    ["a parent that has no memory files", `${buffer}=`, "no memory file could be made of it"],
    ["a file that is no zip", launcher, `${launcher}: `],
  ])("%s", async (_, INMEM_BUNDLES, message) => {
    const ended = await startPython(launcher, { args: ["-c", "1"], env: { INMEM_BUNDLES } });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^inmem-python: ERR_INMEM_/);
    expect(ended.stderr).toContain(message.replaceAll(launcher, "PYTHON"));
  });

  it("takes an unknown way of loading for an error", async () => {
    const env = { INMEM_LOAD: "fast" };
    const ended = await startPython(launcher, { args: ["-c", "1"], env });
    expect([ended.code, ended.stderr]).toEqual([
      2,
      "inmem-python: ERR_INMEM_LOAD_TIER: INMEM_LOAD=fast (expected auto, mapped, memfd, tmpfs or extract)\n",
    ]);
  });
});

describe("an environment of its own for a program between", () => {
  it("takes the bundles away, unless INMEM_BUNDLES is handed on", async () => {
    const main = py`
      import os, subprocess, sys
      code = "import handed; print(handed.X)"
      def run(*pairs):
          done = subprocess.run(["env", "-i", *pairs, sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
          return done.stdout or done.stderr.splitlines()[-1] + "\n"
      print(run() + run("INMEM_BUNDLES=" + os.environ["INMEM_BUNDLES"]), end="")
    `;
    const path = zipFile({ "__main__.py": main, "handed.py": "X = 'handed on'" });
    const { stdout } = await runPython(path);
    expect(stdout).toBe("ModuleNotFoundError: No module named 'handed'\nhanded on\n");
  });
});

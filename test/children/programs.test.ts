// test/children/programs.test.ts: programs inside a bundle start by their virtual paths, from memory.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { jsonOf, py, runPython } from "../helpers/python.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { type ZipEntry, zipFile } from "../helpers/zip.js";

function compiled(name: string, source: string, args: readonly string[] = []): Buffer {
  const folder = tmpDir("cc");
  writeFileSync(join(folder, `${name}.c`), source);
  execFileSync("cc", ["-w", "-o", name, `${name}.c`, ...args], { cwd: folder });
  return readFileSync(join(folder, name));
}

const report = `#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) printf("%s ", argv[i]);
  printf("%s", getenv("X") ? getenv("X") : "-");
  return argc + 10;
}`;

const file = (name: string, data: string | Buffer, mode = 0o755): ZipEntry => ({
  name,
  data,
  mode,
});

function bundle(main: string): string {
  const library = compiled("libbeside.so", "int beside(void) { return 3; }", [
    "-shared",
    "-fPIC",
    "-Wl,-soname,libbeside.so",
  ]);
  const folder = tmpDir("lib");
  writeFileSync(join(folder, "libbeside.so"), library);
  const needy = compiled("needy", "int beside(void); int main(void) { return beside(); }", [
    join(folder, "libbeside.so"),
    "-Wl,-rpath,$ORIGIN/../lib",
  ]);
  return zipFile([
    file("__main__.py", main, 0o644),
    file("bin/tool", compiled("tool", report)),
    file("bin/static", compiled("static", report, ["-static"])),
    file("bin/needy", needy),
    file("lib/libbeside.so", library),
    file("bin/shell", '#!/bin/sh -e\necho "$0|$1|$X"\n'),
    file(
      "bin/script",
      "#!python -O\nimport sys, __main__, beside\nprint(sys.argv, __debug__, __file__, beside.__file__)\n",
    ),
    file("bin/env", "#!/usr/bin/env python3\nimport sys; print(sys.executable)\n"),
    file("bin/beside.py", "", 0o644),
    file("bin/plain", "no program", 0o644),
    file("bin/text", "no program"),
  ]);
}

const helpers = py`
  import errno, json, os, subprocess, sys
  here = os.path.dirname(__file__) + "/bin/"
  def run(name, *args, **kwargs):
      try:
          done = subprocess.run([here + name, *args], stdout=-1, stderr=-1, text=True, **kwargs)
          return [done.returncode, done.stdout.replace(here, "HERE/"), done.stderr.replace(here, "HERE/")]
      except OSError as error:
          return errno.errorcode[error.errno]
`;

describe.each([
  ["inside Node", {}],
  ["in a process of its own", { process: true }],
])("a program of the bundle %s", (_, more) => {
  it("starts by its path, however it is started", async () => {
    const main = py`
      ways = {}
      for way, options in dict(plain={}, descriptors=dict(close_fds=False), vfork=dict(cwd="/"), fork=dict(preexec_fn=lambda: None), env=dict(env={"X": "1"})).items():
          ways[way] = [run("tool", "a", "b", **options), run("static", **options)]
      print(json.dumps(ways))
    `;
    const ways = await jsonOf<Record<string, unknown>>(bundle(helpers + main), more);
    const expected = (x: string) => [
      [13, `a b ${x}`, ""],
      [11, x, ""],
    ];
    const { env, ...others } = ways;
    expect(env).toEqual(expected("1"));
    for (const way of Object.values(others)) expect(way).toEqual(expected("-"));
  });

  it("may be a script: of a shell, of Python", async () => {
    const main = py`
      for options in ({}, dict(cwd="/")):
          print(json.dumps([run("shell", "a", env={"X": "1"}, **options), run("script", "a", **options), run("env", **options)[1] == sys.executable + "\n"]))
    `;
    const { stdout } = await runPython(bundle(helpers + main), more);
    for (const line of stdout.trim().split("\n")) {
      const [shell, script, env] = JSON.parse(line);
      expect(shell).toEqual([
        0,
        expect.stringMatching(/^\/proc\/(self|\d+)\/fd\/\d+\|a\|1\n$/),
        "",
      ]);
      expect(script).toEqual([0, "['HERE/script', 'a'] False HERE/script HERE/beside.py\n", ""]);
      expect(env).toBe(true);
    }
  });

  it("is refused as the kernel does", async () => {
    const main = py`
      names = ("plain", "text", "missing", "", "tool/x")
      print(json.dumps([[run(name) for name in names], [run(name, cwd="/") for name in names]]))
    `;
    const refused = await jsonOf<unknown[]>(bundle(helpers + main), more);
    const expected = ["EACCES", "ENOEXEC", "ENOENT", "EACCES", "ENOTDIR"];
    expect(refused).toEqual([expected, expected]);
  });
});

describe("a program with libraries of its bundle", () => {
  it("is refused with a code, and what to do", async () => {
    const main = `${helpers}print(run("needy"), run("needy", cwd="/"))`;
    for (const words of [["run"], ["run", "--process"]]) {
      const { stdout, stderr } = await spawnCommand([...words, bundle(main)]);
      expect(stdout).toBe("ELIBACC ELIBACC\n");
      expect(stderr).toMatch(
        /^inmem-python: ERR_INMEM_MISSING_LIBRARY: \S+\/bin\/needy: needs libbeside\.so, .*extract it/m,
      );
    }
  });
});

describe("a program on disk", () => {
  it("that the kernel does not start is none of the bundle's", async () => {
    const folder = tmpDir();
    const text = "#!/no/such/bin/python3\nprint('started')\n";
    writeFileSync(join(folder, "stale"), text, { mode: 0o755 });
    const shared = ["-shared", "-fPIC", "-Wl,-soname,libbeside.so"];
    const library = join(folder, "libbeside.so");
    writeFileSync(library, compiled("libbeside.so", "int beside;", shared));
    const words = [library, "-Wl,-rpath,$ORIGIN", "-Wl,--dynamic-linker=/no/such/ld.so"];
    const foreign = compiled("foreign", "extern int beside; int main() { return beside; }", words);
    writeFileSync(join(folder, "foreign"), foreign, { mode: 0o755 });
    const main = py`
      import errno, subprocess, sys
      def start(name, **options):
          try:
              return subprocess.run([sys.argv[1] + "/" + name], **options).returncode
          except OSError as error:
              return errno.errorcode[error.errno]
      print([start(name, **how) for name in ("stale", "foreign") for how in ({"close_fds": False}, {"cwd": "/"})])
    `;
    const { stdout, stderr } = await runPython(zipFile({ "__main__.py": main }), {
      args: [folder],
    });
    const missing = Array(4).fill("'ENOENT'").join(", ");
    expect({ stdout, stderr }).toEqual({ stdout: `[${missing}]\n`, stderr: "" });
  });
});

describe("a script that is started again", () => {
  it("is the one of now, where the bundle was replaced", async () => {
    const path = join(tmpDir(), "app.pyz");
    const main = py`
      import os, subprocess
      subprocess.run([os.path.dirname(__file__) + "/script"], check=True, close_fds=False)
    `;
    const outputs: string[] = [];
    for (const word of ["first", "second!"]) {
      const script = file("script", `#!/bin/sh\necho ${word} > ${path}.out\n`);
      copyFileSync(zipFile([file("__main__.py", main, 0o644), script]), path);
      await runPython(path);
      outputs.push(readFileSync(`${path}.out`, "utf8"));
    }
    expect(outputs).toEqual(["first\n", "second!\n"]);
  });
});

describe("a program of a stock wheel", () => {
  it("starts from the wheel: ninja", async () => {
    const platforms = ["manylinux2014_x86_64"];
    const wheel = await pypiWheel({ requirement: "ninja==1.13.0", platforms, abi: "none" });
    const folder = tmpDir();
    copyFileSync(wheel, join(folder, basename(wheel)));
    writeFileSync(
      join(folder, "build.ninja"),
      "rule say\n  command = echo built $out\nbuild all: say\n",
    );
    const main = py`
      import os, subprocess, sys
      root = next(path for path in sys.path if path.endswith(".whl"))
      ninja = root + "/ninja-1.13.0.data/scripts/ninja"
      print(subprocess.run([ninja, "-C", sys.argv[1], "--quiet", "-v"], stdout=-1, text=True, check=True).stdout)
    `;
    writeFileSync(join(folder, "__main__.py"), main);
    const { stdout } = await runPython(folder, { args: [folder] });
    expect(stdout).toContain("built all");
  });
});

// test/bundle/described.test.ts: inmem.toml, pyproject.toml and scripts that describe an application.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { BundleInputs } from "../../lib/bundle/options.js";
import { cleanEnv, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { writeTrueWheel } from "./package-index.js";
import { dist, readRawEntries } from "./support.js";

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^PIP_/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_CONFIG_FILE", "/dev/null");
  return () => vi.unstubAllEnvs();
});

/** A folder with these files. */
function tree(files: Record<string, string>): string {
  const folder = tmpDir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

async function outputOf(inputs: BundleInputs, args: string[] = [], env = {}): Promise<string> {
  const output = join(tmpDir(), "out.pyz");
  await dist.bundle().bundle({ ...inputs, output });
  const run = await spawnCommand(["run", output, ...args], { env: cleanEnv(env) });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  return run.stdout;
}

function refusal(inputs: BundleInputs, message: RegExp) {
  const output = join(tmpDir(), "out.pyz");
  return expect(dist.bundle().bundle({ ...inputs, output })).rejects.toMatchObject({
    code: "ERR_INMEM_CONFIG",
    message: expect.stringMatching(message),
  });
}

const TELL = `import os, sys
def main():
    print(__name__, sys.argv[1:], os.environ.get("COLOUR"))
    return 0
if __name__ == "__main__":
    main()
`;

describe("inmem.toml", () => {
  it("names the program, its arguments and its environment", async () => {
    const folder = tree({
      "inmem.toml": `main = "tell.py"\nargs = ["--a b", "\\u00e9"]\nenvironment = { COLOUR = "red" }\n`,
      "tell.py": TELL,
    });
    expect(await outputOf({ description: folder }, ["c"])).toBe(
      "__main__ ['--a b', '\u00e9', 'c'] red\n",
    );
    expect(await outputOf({ description: folder }, [], { COLOUR: "blue" })).toContain("blue");
  });

  it("starts a function or a module that lies beside it", async () => {
    const files = { "pack/__init__.py": "", "pack/tell.py": TELL };
    const called = tree({ ...files, "inmem.toml": `entry = "pack.tell:main"\n` });
    expect(await outputOf({ description: called })).toBe("pack.tell [] None\n");
    const started = tree({ ...files, "inmem.toml": `module = "pack.tell"\n` });
    expect(await outputOf({ description: started })).toBe("__main__ [] None\n");
    const nowhere = tree({ "inmem.toml": `module = "pack.tell"\n` });
    await refusal({ description: nowhere }, /nothing brings the module pack\.tell/);
  });

  it("takes files by globs and by name", async () => {
    const main = `import pathlib
here = pathlib.Path(__file__).parent
print(sorted(str(p.relative_to(here)) for p in here.rglob("*.txt")))
`;
    const files = { "app.py": main, "data/a.txt": "a", "data/deep/b.txt": "b", "data/c.md": "c" };
    const globs = tree({ ...files, "inmem.toml": `main = "app.py"\nfiles = ["data/**/*.txt"]\n` });
    expect(await outputOf({ description: globs })).toBe("['data/a.txt', 'data/deep/b.txt']\n");
    const named = tree({
      ...files,
      "inmem.toml": `main = "app.py"\n[files]\n"x/y.txt" = "data/a.txt"\n`,
    });
    expect(await outputOf({ description: named })).toBe("['x/y.txt']\n");
    const none = tree({ ...files, "inmem.toml": `main = "app.py"\nfiles = ["*.json"]\n` });
    await refusal({ description: none }, /nothing in .* is named \*\.json/);
  });

  it("says how the bundle is written; the command line goes before", async () => {
    const folder = tree({
      "inmem.toml": `main = "a.py"\nfiles = ["*.txt"]\nexclude = ["b.txt"]\noptimize = 2\ncompress = "stored"\n`,
      "a.py": `"""doc"""\nprint(__doc__, __debug__)\n`,
      "b.txt": "b",
      "c.txt": "c".repeat(1000),
    });
    expect(await outputOf({ description: folder })).toBe("None False\n");
    const output = join(folder, "out.pyz");
    await dist.bundle().bundle({ description: folder, output });
    const entries = readRawEntries(output);
    expect(entries.map(({ name }) => name)).not.toContain("b.txt");
    expect(entries.find(({ name }) => name === "c.txt")?.method).toBe(0);
    await dist.bundle().bundle({ description: folder, output, compress: "deflate" });
    expect(readRawEntries(output).find(({ name }) => name === "c.txt")?.method).toBe(8);
    const wrong = tree({
      "inmem.toml": `main = "a.py"\n[compress]\nlibary = "zstd"\n`,
      "a.py": "",
    });
    await refusal({ description: wrong }, /compress/);
  });

  it("may want sources alone, but not nothing at all", async () => {
    const described = (form: string) =>
      tree({ "inmem.toml": `main = "a.py"\n${form}\n`, "a.py": "" });
    const output = join(tmpDir(), "out.pyz");
    await dist.bundle().bundle({ description: described("compile = false"), output });
    const names = readRawEntries(output).map(({ name }) => name);
    expect(names).toEqual(["__main__.py", "inmem.json"]);
    const nothing = described("compile = false\nsource = false");
    await refusal({ description: nothing }, /compile and source are both false/);
  });

  it("includes others: lists go on, other keys are replaced", async () => {
    const folder = tree({
      "base/inmem.toml": `main = "base.py"\nargs = ["base"]\nenvironment = { COLOUR = "red" }\n`,
      "base/base.py": "",
      "app/inmem.toml": `include = ["../base/inmem.toml"]\nmodule = "tell"\nargs = ["own"]\n`,
      "app/tell.py": TELL,
    });
    const told = await outputOf({ description: join(folder, "app") });
    expect(told).toBe("__main__ ['base', 'own'] red\n");
  });

  it("that includes itself, through others, is refused with the whole circle", async () => {
    const folder = tree({
      "inmem.toml": `include = ["b.toml"]\n`,
      "b.toml": `include = ["c.toml"]\n`,
      "c.toml": `include = ["b.toml"]\n`,
    });
    await refusal({ description: folder }, /b\.toml -> .*c\.toml -> .*b\.toml$/);
  });

  it.each([
    [`requirments = []`, /unknown key requirments; did you mean requirements\?/],
    [`[target]\nplatfrom = "x"`, /unknown key target\.platfrom; did you mean platform\?/],
    [`quite-else = 1`, /unknown key quite-else; the keys are name, /],
    [`port = 70000`, /port: .*70000/],
    [`name = "a/b"`, /name: "a\/b" does not match \^.* \(expected something like my-app\)/],
    [`requirements = "numpy"`, /requirements: .*array/],
    [`main = "a.py"\nmodule = "b"`, /main and module \(expected one of them\)/],
    [`main = `, /inmem\.toml:1:\d+: /],
    [`main = "gone.py"`, /cannot read .*gone\.py/],
    [`include = ["gone.toml"]`, /includes .*gone\.toml, which does not exist/],
    [`entry = "no-function"`, /entry "no-function" \(expected package\.module:function\)/],
    [`extras = ["x"]\nmain = "inmem.toml"`, /extras or groups \(x\) without/],
  ])("is refused: %s", async (text, message) => {
    await refusal({ description: tree({ "inmem.toml": text }) }, message);
  });
});

// A build backend without requirements: nothing is fetched to build.
const BACKEND = `import base64, hashlib, os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "built-3.0-py3-none-any.whl"
    files = {
        "built.py": open("built.py", "rb").read(),
        "built-3.0.dist-info/METADATA":
            b"Metadata-Version: 2.1\\nName: built\\nVersion: 3.0\\nProvides-Extra: more\\nRequires-Dist: helper; extra == 'more'\\n",
        "built-3.0.dist-info/WHEEL": b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = ""
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\\n"
    files["built-3.0.dist-info/RECORD"] = (record + "built-3.0.dist-info/RECORD,,\\n").encode()
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, data in files.items():
            wheel.writestr(path, data)
    return name
`;
const BUILD_SYSTEM = `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n`;

describe("pyproject.toml", () => {
  it("of a project: pip builds it, with the extras that are wanted", async () => {
    const folder = tree({
      "pyproject.toml": `${BUILD_SYSTEM}[project]\nname = "built"\nversion = "3.0"\n[tool.inmem-python]\nentry = "built:main"\nextras = ["more"]\n`,
      "backend.py": BACKEND,
      "built.py": "def main():\n    import helper\n    print('built', helper.VERSION)\n",
    });
    const links = tmpDir();
    await writeTrueWheel(links, { name: "helper", version: "2.0" });
    expect(await outputOf({ description: folder, findLinks: [links] })).toBe("built 2.0\n");
  });

  it("in a source distribution of pure Python: pip builds that, too", async () => {
    const folder = tree({
      "built-3.0/pyproject.toml": BUILD_SYSTEM,
      "built-3.0/backend.py": BACKEND,
      "built-3.0/built.py": "def main():\n    print('from source')\n",
      "built-3.0/PKG-INFO": "Metadata-Version: 2.1\nName: built\nVersion: 3.0\n",
    });
    execFileSync("tar", ["-czf", "built-3.0.tar.gz", "built-3.0"], { cwd: folder });
    const inputs = { requirements: ["built"], findLinks: [folder], entry: "built:main" };
    expect(await outputOf(inputs)).toBe("from source\n");
  });

  it("for another target is built by this host, and has to be Python alone", async () => {
    const files = { "pyproject.toml": BUILD_SYSTEM, "built.py": "print('there')\n" };
    const folder = tree({ ...files, "backend.py": BACKEND });
    const list = join(folder, "requirements.txt");
    writeFileSync(list, `${folder}\n`);
    const target = { platform: "manylinux_2_28_aarch64", module: "built" };
    for (const inputs of [{ projects: [folder] }, { requirementFiles: [list] }]) {
      expect(await outputOf({ ...inputs, ...target })).toBe("there\n");
    }
    const ofThisHost = BACKEND.replace("none-any.whl", "cp313-linux_x86_64.whl");
    const native = tree({ ...files, "backend.py": ofThisHost });
    const output = join(tmpDir(), "out.pyz");
    const refused = dist.bundle().bundle({ projects: [native], ...target, output });
    await expect(refused).rejects.toMatchObject({
      code: "ERR_INMEM_NO_WHEEL",
      message: expect.stringContaining("it has to be Python alone"),
    });
  });

  it("whose build wants a compiler says so", async () => {
    const backend = `import subprocess
def build_wheel(folder, config_settings=None, metadata_directory=None):
    with open("x.c", "w") as file:
        file.write("#include <Python.h>\\n")
    try:
        subprocess.check_call(["cc", "-c", "x.c"])
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"error: command 'cc' failed: {error}")
`;
    const folder = tree({ "pyproject.toml": BUILD_SYSTEM, "backend.py": backend });
    const output = join(tmpDir(), "out.pyz");
    await expect(dist.bundle().bundle({ projects: [folder], output })).rejects.toMatchObject({
      code: "ERR_INMEM_NEEDS_COMPILER",
    });
  });

  it("as a file: its dependencies, extras and groups, but not itself", async () => {
    const folder = tree({
      "pyproject.toml": `[project]
name = "Own_Name"
version = "1"
requires-python = ">=3.9"
dependencies = ["one"]
[project.optional-dependencies]
fast = ["two"]
all = ["own-name[fast]"]
[dependency-groups]
dev = ["three", { include-group = "More.Dev" }]
more-dev = ["four"]
`,
      "main.py": `import importlib.metadata as m
print(sorted(d.name for d in m.distributions()))
`,
    });
    for (const name of ["one", "two", "three", "four"]) await writeTrueWheel(folder, { name });
    const inputs = {
      requirementFiles: [join(folder, "pyproject.toml")],
      main: join(folder, "main.py"),
      findLinks: [folder],
    };
    const told = async (more: BundleInputs) => await outputOf({ ...inputs, ...more });
    expect(await told({})).toContain("'one'");
    const all = await told({ extras: ["all"], groups: ["dev"] });
    for (const name of ["one", "two", "three", "four"]) expect(all).toContain(`'${name}'`);
    await refusal({ ...inputs, groups: ["dve"] }, /no dependency group dve; did you mean dev\?/);
  });

  it("with groups or extras that include each other is refused with the circle", async () => {
    const folder = tree({
      "pyproject.toml": `[project]
name = "x"
[project.optional-dependencies]
a = ["x[b]"]
b = ["x[a]"]
[dependency-groups]
one = [{ include-group = "two" }]
two = [{ include-group = "one" }]
`,
    });
    const inputs = { requirementFiles: [join(folder, "pyproject.toml")] };
    await refusal(
      { ...inputs, groups: ["one"] },
      /groups that include each other: one -> two -> one/,
    );
    await refusal({ ...inputs, extras: ["a"] }, /extras that include each other: a -> b -> a/);
  });
});

describe("a script with # /// script", () => {
  it("brings its requirements", async () => {
    const folder = tree({
      "s.py": `# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "named",
# ]
# ///
import named
print(named.VERSION)
`,
    });
    await writeTrueWheel(folder, { name: "named", version: "4.0" });
    expect(await outputOf({ main: join(folder, "s.py"), findLinks: [folder] })).toBe("4.0\n");
  });

  it("that asks for another Python, or is no TOML, is refused", async () => {
    const script = (line: string) =>
      join(tree({ "s.py": `# /// script\n# ${line}\n# ///\n` }), "s.py");
    await refusal({ main: script('requires-python = "<3.9"') }, /s\.py requires Python <3\.9/);
    await refusal({ main: script("dependencies = 7") }, /dependencies must be an array/);
    await refusal({ main: script("dependencies = [") }, /s\.py \(# \/\/\/ script\):\d+:\d+: /);
  });
});

describe("a folder", () => {
  it("becomes the bundle, without what is hidden or made", async () => {
    const folder = tree({
      "__main__.py":
        "import pathlib, helper\nprint(sorted(p.name for p in pathlib.Path(__file__).parent.iterdir()))\n",
      "helper.py": "",
      ".secret": "",
      "__pycache__/helper.cpython-313.pyc": "",
      ".venv/lib/x.py": "",
      "env/pyvenv.cfg": "",
      "env/x.py": "",
    });
    expect(await outputOf({ folder })).toBe(
      "['__main__.py', '__main__.pyc', 'helper.py', 'helper.pyc', 'inmem.json']\n",
    );
  });

  it("with a name that is not UTF-8 is refused: it would not be in the bundle", async () => {
    const folder = tree({ "__main__.py": "" });
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xff])]), "");
    const output = join(tmpDir(), "out.pyz");
    await expect(dist.bundle().bundle({ folder, output })).rejects.toMatchObject({
      code: "ERR_INMEM_BAD_ENTRY_NAME",
      message: expect.stringContaining("not UTF-8"),
    });
  });
});

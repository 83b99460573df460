// test/import/conformance/tree.ts: the package of every oddity, as a folder and as a bundle.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { diskPython } from "../../helpers/disk-python.js";
import { pypiWheel } from "../../helpers/pypi-wheel.js";
import { tmpDir } from "../../helpers/tmp.js";
import { makeZip } from "../../helpers/zip.js";

const here = import.meta.dirname;

/** Each place as a folder and as an archive; `real` is a folder for both. */
export interface Tree {
  readonly app: { readonly folder: string; readonly zip: string };
  readonly other: { readonly folder: string; readonly zip: string };
  readonly real: string;
}

const platforms = ["manylinux2014_x86_64", "any"];

export async function makeTree(): Promise<Tree> {
  const root = tmpDir("conformance");
  for (const name of ["app", "other", "real"]) {
    cpSync(join(here, "fixtures", name), join(root, name), { recursive: true });
  }
  // A bundle, not just a zip file: both sides have its manifest.
  writeFileSync(join(root, "other", "inmem.json"), "{}");
  const app = join(root, "app");
  cpSync(join(here, "probes"), app, { recursive: true });
  // Stock wheels: a package with an extension submodule, and pkg_resources.
  const wheels = [
    await pypiWheel({ requirement: "markupsafe==3.0.3", platforms }),
    await pypiWheel({ requirement: "setuptools==80.9.0", platforms: ["any"], abi: "none" }),
  ];
  for (const wheel of wheels) execFileSync(diskPython(), ["-I", "-c", unzip, wheel, app]);
  execFileSync(diskPython(), ["-I", "-B", "-c", compileOddOnes, app]);
  return {
    app: { folder: app, zip: zipOf(app, join(root, "app.pyz")) },
    other: {
      folder: join(root, "other"),
      zip: zipOf(join(root, "other"), join(root, "other.zip")),
    },
    real: join(root, "real"),
  };
}

/** A zip of the folder's files and of bytecode beside each source. */
export function withBytecode(folder: string): string {
  const copy = join(tmpDir("conformance"), "compiled");
  mkdirSync(copy);
  cpSync(folder, copy, { recursive: true });
  execFileSync(diskPython(), ["-I", "-B", "-W", "ignore", "-c", compileAll, copy]);
  return zipOf(copy, join(folder, "..", "compiled.pyz"));
}

function zipOf(folder: string, path: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const entries = files.map((file) => ({
    name: relative(folder, file),
    data: readFileSync(file),
    method: file.endsWith(".so") ? 0 : 8,
  }));
  writeFileSync(path, makeZip(entries));
  return path;
}

const unzip = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";

// Bytecode without source, and damaged bytecode: beside the source, where a bundle has it, and
// in __pycache__, where a folder has it.
const compileOddOnes = `
import importlib.util, marshal, os, sys
os.chdir(sys.argv[1])
def pyc(name, source, change=lambda data: data):
    code = compile(source, name + ".py", "exec")
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(source.encode())
    return change(head + marshal.dumps(code))
def write(path, data):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file: file.write(data)
source = "X = 'no source'\\ndef where():\\n    return __file__\\ndef fail():\\n    return 1 / 0\\n"
write("sourceless.pyc", pyc("sourceless", source))
write("damaged_none.pyc", pyc("x", "", lambda data: data[:16] + b"N"))
write("damaged_cut.pyc", pyc("x", "X = 1", lambda data: data[:-5]))
cut = lambda data: data[:-5]
for name, change in (("marshal", cut), ("header", lambda data: data[:7]), ("magic", lambda data: b"\\xcb\\x0d\\x0d\\x0a" + data[4:])):
    write(f"damaged_{name}.py", b"X = 'source'\\n")
    for path in (f"damaged_{name}.pyc", f"__pycache__/damaged_{name}.cpython-313.pyc"):
        write(path, pyc(f"damaged_{name}", "X = 'bytecode'\\n", change))
`;

const compileAll = `
import os, py_compile, sys
for folder, _, files in os.walk(sys.argv[1]):
    for name in files:
        path = os.path.join(folder, name)
        if name.endswith(".py") and not os.path.exists(path + "c"):
            py_compile.compile(path, path + "c", quiet=2, doraise=False, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
`;

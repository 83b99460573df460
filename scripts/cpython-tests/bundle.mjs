// scripts/cpython-tests/bundle.mjs: CPython's own tests as a bundle: Lib/test with its bytecode, and the extensions that the tests need.
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDir, ensureEntry } from "../common/cache.mjs";
import { hashKey } from "../common/hash.mjs";
import { run } from "../common/run.mjs";
import { makeZip } from "../house/zip.mjs";

const pageBytes = 4096;
const self = fileURLToPath(import.meta.url);

/** `lib/pythonX.Y` of the disk install. */
export function stdlibOf(pythonDir) {
  const lib = join(pythonDir, "disk", "lib");
  return join(
    lib,
    readdirSync(lib).find((name) => /^python3\.\d+$/.test(name)),
  );
}

/**
 * Inside Node no bytecode is written unless the program asks for it, and a
 * hundred tests skip themselves then: `-m as_writer MODULE` asks for it.
 */
const asWriter = `import runpy, sys
sys.dont_write_bytecode = False
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
`;

/** The bundle, from the cache: made once for a build of Python. */
export async function ensureTestsBundle(pythonDir) {
  const key = hashKey([basename(pythonDir), readFileSync(self, "utf8")]);
  const dir = join(cacheDir(), "cpython-tests", key);
  const name = "cpython-tests.pyz";
  await ensureEntry(dir, "the bundle of CPython's tests", async (part) => {
    const folder = join(part, "tree");
    await compiledTests(pythonDir, folder);
    writeFileSync(join(part, name), makeZip([...entriesOf(folder)]));
    rmSync(folder, { recursive: true });
  });
  return join(dir, name);
}

async function compiledTests(pythonDir, folder) {
  const stdlib = stdlibOf(pythonDir);
  const filter = (path) => basename(path) !== "__pycache__";
  cpSync(join(stdlib, "test"), join(folder, "test"), { recursive: true, filter });
  for (const name of readdirSync(join(stdlib, "lib-dynload"))) {
    cpSync(join(stdlib, "lib-dynload", name), join(folder, name));
  }
  writeFileSync(join(folder, "as_writer.py"), asWriter);
  // Unchecked hashes, beside the sources: where zipimport and we look. Some of
  // the files are bad on purpose, so the status says nothing.
  const program =
    "import compileall, py_compile, sys; compileall.compile_dir(sys.argv[1], quiet=2, legacy=True, " +
    "workers=0, stripdir=sys.argv[1], maxlevels=20, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)";
  await run(join(pythonDir, "disk", "bin", "python3"), ["-c", program, folder]);
}

function* entriesOf(folder) {
  for (const path of readdirSync(folder, { recursive: true }).sort()) {
    const full = join(folder, path);
    const { mode } = statSync(full);
    const name = relative(folder, join(dirname(full), basename(full)));
    if (statSync(full).isDirectory()) yield { name: `${name}/`, mode };
    else if (name.includes(".so")) yield { name, data: readFileSync(full), mode, align: pageBytes };
    else yield { name, data: readFileSync(full), mode };
  }
}

// test/isolation/cxx-bundle.ts: the C++ test's libraries, compiled as a wheel has them, as a bundle and on disk.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtPython } from "../../scripts/wheels/prepare.mjs";
import { extensionSuffix } from "../helpers/shared-object.js";
import { packageRoot, type SpawnResult, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";

const sources = join(packageRoot, "test", "isolation", "cxx");

/** What the program gets in its environment. */
export const cxxEnv = { CXX_GIVEN: "given to the program" };

/** Compiles all; gives the bundle's path, and what the program says on disk. */
export async function makeCxxBundle(): Promise<{ bundle: string; disk: SpawnResult }> {
  const python = builtPython();
  const folder = tmpDir("cxx");
  compile(folder, python);
  const bundle = join(tmpDir("cxx-bundle"), "cxx.pyz");
  const main = readFileSync(join(sources, "main.py"));
  writeFileSync(bundle, makeZip({ ...filesOf(folder), "__main__.py": main }));
  const program = join(python, "disk", "bin", "python3");
  const words = ["-s", "-B", join(sources, "main.py")];
  const disk = await spawnProcess(program, words, { env: { ...cxxEnv, PYTHONPATH: folder } });
  return { bundle, disk };
}

/** Compiles in `folder` as a wheel would have it: the module above, its libraries in cxx.libs. */
function compile(folder: string, python: string): void {
  mkdirSync(join(folder, "cxx.libs"));
  const include = join(python, "disk", "include", "python3.13");
  const common = ["-std=c++17", "-O1", "-fPIC", "-shared", "-I", include, "-L", "cxx.libs"];
  const cxx = (output: string, source: string, ...words: string[]) =>
    execFileSync("c++", [...common, "-o", output, join(sources, source), ...words], {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
    });
  const beside = "-Wl,--disable-new-dtags,-rpath,$ORIGIN";
  cxx("cxx.libs/libshapes.so", "shapes.cc", "-Wl,-soname,libshapes.so");
  cxx("cxx.libs/libthrower.so", "thrower.cc", "-Wl,-soname,libthrower.so", "-lshapes", beside);
  cxx(`_cxx${extensionSuffix}`, "module.cc", "-lthrower", "-lshapes", `${beside}/cxx.libs`);
}

function filesOf(folder: string): Record<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

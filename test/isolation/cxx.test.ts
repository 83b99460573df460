// test/isolation/cxx.test.ts: C++ across libraries of a bundle: streams, exceptions, casts, unique objects, the environment.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { builtPython } from "../../scripts/wheels/prepare.mjs";
import { refusedTiers } from "../../scripts/wheels/refused.mjs";
import { extensionSuffix } from "../helpers/shared-object.js";
import { packageRoot, spawnCommand, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";

const isBuilt = existsSync(join(packageRoot, "build", "Release", "inmem.node"));
const sources = join(packageRoot, "test", "isolation", "cxx");
const tiers = ["memfd", "mapped", "tmpfs", "extract", "auto"];
const env = { CXX_GIVEN: "given to the program" };

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

describe.runIf(isBuilt)("C++ across the libraries of a bundle", () => {
  let bundle: string;
  let disk: Awaited<ReturnType<typeof spawnProcess>>;
  let refused: Record<string, string>;

  beforeAll(async () => {
    const python = builtPython();
    const folder = tmpDir("cxx");
    compile(folder, python);
    bundle = join(tmpDir("cxx-bundle"), "cxx.pyz");
    const main = readFileSync(join(sources, "main.py"));
    writeFileSync(bundle, makeZip({ ...filesOf(folder), "__main__.py": main }));
    const program = join(python, "disk", "bin", "python3");
    const words = ["-s", "-B", join(sources, "main.py")];
    disk = await spawnProcess(program, words, { env: { ...env, PYTHONPATH: folder } });
    refused = await refusedTiers(tiers, process.execPath);
  });

  it("works on disk as C++ says", () => {
    expect(disk).toMatchObject({ code: 0, stderr: "std::cerr of the module\n" });
    const lines = disk.stdout.trimEnd().split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "libshapes: constructor",
      "std::cout of the module 1.25",
      "printf of the module",
      "fputs of the module",
    ]);
    expect(JSON.parse(lines[4] as string)).toEqual({
      streams: "true 1.5 42",
      exceptions:
        "HeaderError: from libthrower; out_of_range; logic_error: caught: of the module;" +
        " HeaderError: from libthrower; another exception: St9bad_alloc",
      casts: "square 1 0 circle 1 1 1 1 1",
      uniques: "1 2 3 1 1",
      environment: [
        ["given to the program", "given to the program", 1],
        ["set by Python", "set by Python", 1],
      ],
      child: "set by Python\n",
      gone: [null, null, 1],
    });
  });

  it.for(tiers)("is the same in Node by --load=%s", async (tier, { skip }) => {
    skip(refused[tier] !== undefined, refused[tier]);
    const ended = await spawnCommand(["run", `--load=${tier}`, bundle], { env });
    expect(ended).toMatchObject({ code: 0, stdout: disk.stdout, stderr: disk.stderr });
  });

  it("is the same in the launcher", async () => {
    const ended = await spawnCommand(["python", "--bundle", bundle, bundle], { env });
    expect(ended).toMatchObject({ code: 0, stdout: disk.stdout, stderr: disk.stderr });
  });
});

// scripts/house/tools.mjs: clang-format, clang-tidy, ruff and mypy as pinned wheels, installed by our own Python.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureEntry } from "../common/cache.mjs";
import { hashKey } from "../common/hash.mjs";
import { run } from "../common/run.mjs";
import { root, step } from "./main.mjs";

const requirements = join(root, "scripts", "check-requirements.txt");

/**
 * The tools as commands: each a list of words, to which arguments are added.
 * @param {string} pythonDir  The finished Python folder; its disk install runs pip and mypy.
 */
export async function ensureCheckTools(pythonDir) {
  const python = join(pythonDir, "disk", "bin", "python3");
  // mypy is compiled for one minor version of Python, so that belongs to the key.
  const lib = readdirSync(join(pythonDir, "disk", "lib")).find((name) =>
    /^python3\.\d+$/.test(name),
  );
  const key = hashKey([readFileSync(requirements, "utf8"), lib]);
  const dir = join(cacheDir(), "tools", key);
  await ensureEntry(dir, "the check tools", (part) =>
    step("install clang-format, clang-tidy, ruff, mypy", () =>
      install(python, join(pythonDir, "disk", "lib", lib), part),
    ),
  );
  return {
    key,
    clangFormat: [join(dir, "clang_format", "data", "bin", "clang-format")],
    clangTidy: [join(dir, "clang_tidy", "data", "bin", "clang-tidy")],
    ruff: [join(dir, "bin", "ruff")],
    mypy: [
      python,
      "-I",
      "-c",
      "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'mypy'; from mypy.__main__ import console_entry; console_entry()",
      dir,
    ],
  };
}

// pip runs out of the wheel that CPython's own source carries for ensurepip.
async function install(python, lib, target) {
  const bundled = join(lib, "ensurepip", "_bundled");
  const wheel = readdirSync(bundled).find((name) => /^pip-.*\.whl$/.test(name));
  const options = [
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    "--no-warn-script-location",
  ];
  await run(python, [
    "-s",
    join(bundled, wheel, "pip"),
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--root-user-action=ignore",
    ...options,
    "--target",
    target,
    "--requirement",
    requirements,
  ]);
}

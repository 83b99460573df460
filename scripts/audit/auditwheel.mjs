// scripts/audit/auditwheel.mjs: auditwheel from PyPI, pinned, run by the Python that the addon was made with.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDir, ensureEntry } from "../common/cache.mjs";
import { hashKey } from "../common/hash.mjs";
import { run } from "../common/run.mjs";
import { root } from "../house/main.mjs";
import { builtPython } from "../wheels/prepare.mjs";

const requirements = join(root, "scripts", "audit", "requirements.txt");

/** Where it is installed, and by which Python it runs. */
export async function auditwheelSite() {
  const text = readFileSync(requirements, "utf8");
  const pythonDir = builtPython();
  const python = join(pythonDir, "disk", "bin", "python3");
  const site = join(cacheDir(), "tools", `auditwheel-${hashKey([text])}`);
  await ensureEntry(site, "auditwheel", (part) => install(python, pythonDir, part));
  const version = /^auditwheel==(\S+)/m.exec(text)?.[1];
  return { site, python, version };
}

/** The arguments after `python` that run auditwheel. */
export function auditwheelWords(site, ...words) {
  const start =
    "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'auditwheel'; from auditwheel.main import main; sys.exit(main())";
  return ["-I", "-c", start, site, ...words];
}

/** What `auditwheel show --json` says of a wheel; `{ error }` where it refuses. */
export async function auditwheelShow(wheel) {
  const { site, python } = await auditwheelSite();
  const words = auditwheelWords(site, "show", "--json", wheel);
  const options = { encoding: "utf8", maxBuffer: 1 << 26 };
  try {
    const { stdout } = await promisify(execFile)(python, words, options);
    return JSON.parse(stdout);
  } catch (error) {
    if (error.stdout) return JSON.parse(error.stdout);
    return { error: String(error.stderr).trimEnd().split("\n").at(-1) };
  }
}

// pip runs out of the wheel that CPython's own source carries for ensurepip.
async function install(python, pythonDir, target) {
  const lib = join(pythonDir, "disk", "lib");
  const version = readdirSync(lib).find((name) => /^python3\.\d+$/.test(name));
  const bundled = join(lib, version, "ensurepip", "_bundled");
  const wheel = readdirSync(bundled).find((name) => /^pip-.*\.whl$/.test(name));
  const quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore"];
  const exact = ["--no-deps", "--require-hashes", "--only-binary=:all:"];
  const what = ["--target", target, "--requirement", requirements];
  await run(python, ["-s", join(bundled, wheel, "pip"), "install", ...quiet, ...exact, ...what]);
}

// scripts/audit/wheels.mjs: the stock wheels that our audit and auditwheel are both asked about, and the two answers.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { cacheDir, ensureEntry } from "../common/cache.mjs";
import { run } from "../common/run.mjs";
import { root } from "../house/main.mjs";
import { auditwheelShow } from "./auditwheel.mjs";

/** `{ requirement, python, abi, platform }`; quick: those that npm test takes. */
export function auditedWheels({ quick = false } = {}) {
  const lines = readFileSync(join(root, "test", "audit", "wheels.txt"), "utf8").split("\n");
  const end = quick ? lines.indexOf("#") : lines.length;
  return lines
    .slice(0, end)
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [requirement, python, abi, platform] = line.split(" ");
      return { requirement, python, abi, platform };
    });
}

/** The wheel's path; fetched once by the pip of our own interpreter. */
export async function fetchWheel({ requirement, python, abi, platform }) {
  const name = [requirement, python, abi, platform].join("-");
  const folder = join(cacheDir(), "wheels", "audited", name);
  await ensureEntry(folder, `the wheel of ${requirement}`, (part) => {
    const launcher = join(root, "build", "Release", "inmem-launcher");
    const pip = ["-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check"];
    const tags = ["--platform", platform, "--python-version", python, "--abi", abi];
    const what = ["--no-deps", "--only-binary", ":all:", "--dest", part, requirement];
    return run(launcher, [...pip, "--no-input", "--implementation", "cp", ...tags, ...what]);
  });
  const file = readdirSync(folder).find((entry) => entry.endsWith(".whl"));
  if (file === undefined) throw new Error(`no wheel in ${folder}`);
  return join(folder, file);
}

/**
 * Both verdicts on a wheel; `differences` is empty where they are the same.
 */
export async function compareVerdicts(wheel) {
  const require = createRequire(import.meta.url);
  const { binding } = require(join(root, "dist", "binding.js"));
  const { auditFiles } = require(join(root, "dist", "audit", "audit.js"));
  const { report } = await auditFiles(binding(), [wheel]);
  const [ours] = report.files[0].wheels;
  const theirs = await auditwheelShow(wheel);
  const pairs = [
    ["policy", ours.policy, theirs.overall_tag],
    ["policy of symbols", ours.symbolPolicy, theirs.sym_tag],
    ["external libraries", ours.externalLibraries, Object.keys(theirs.external_libs ?? {})],
    ["versions", sortedVersions(ours.versions), sortedVersions(theirs.versioned_symbols)],
  ];
  const differences = pairs
    .map(([what, own, other]) => [what, JSON.stringify(own), JSON.stringify(other)])
    .filter(([, own, other]) => own !== other)
    .map(([what, own, other]) => `${what}: ours ${own}, auditwheel's ${other}`);
  if (theirs.error) differences.unshift(`auditwheel refuses: ${theirs.error}`);
  return { name: basename(wheel), ours, theirs, differences };
}

function sortedVersions(versions = {}) {
  return Object.keys(versions)
    .sort()
    .map((file) => [file, [...versions[file]].sort()]);
}

// scripts/common/system-packages.mjs: have the build tools that the machine lacks installed by apt.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { RunError, run, say } from "./run.mjs";

/** The path of a program on PATH, or undefined. */
export function which(program, env = process.env) {
  for (const dir of (env.PATH ?? "").split(delimiter)) {
    const path = join(dir || ".", program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Install the packages whose tool is missing. Each tool is `{ program, package }`, or `{ file, package }`
 * for what is no program (a header). Nothing is asked of apt when all are there.
 */
export async function ensureSystemPackages(tools, { log } = {}) {
  const missing = tools.filter((tool) => !isThere(tool));
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map((tool) => tool.package))];
  const names = missing.map((tool) => tool.program ?? tool.file).join(", ");
  if (!which("apt-get")) {
    throw new RunError(
      `the build needs ${names}, and there is no apt-get here to install them.\n` +
        `Install them by hand (Debian calls the packages: ${packages.join(" ")}), then start again.`,
    );
  }
  const root = process.getuid() === 0;
  if (!root && !which("sudo")) {
    throw new RunError(
      `the build needs ${names}. Run as root: apt-get install ${packages.join(" ")}`,
    );
  }
  say(
    `installing by apt-get${root ? "" : " (with sudo)"}: ${packages.join(" ")} (missing here: ${names})`,
  );
  await aptInstall(packages, root, log);
  const still = missing.filter((tool) => !isThere(tool));
  if (still.length > 0) {
    throw new RunError(
      `still missing after apt-get install: ${still.map((tool) => tool.program ?? tool.file).join(", ")}`,
    );
  }
  return packages;
}

function isThere(tool) {
  if (tool.program) return which(tool.program) !== undefined;
  try {
    accessSync(tool.file);
    return true;
  } catch {
    return false;
  }
}

async function aptInstall(packages, root, log) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const prefix = root ? [] : ["sudo", "-E"];
  const apt = (...args) => {
    const [command, ...rest] = [
      ...prefix,
      "apt-get",
      "-q",
      "-y",
      "-o",
      "DPkg::Lock::Timeout=300",
      ...args,
    ];
    return run(command, rest, { env, log });
  };
  const install = ["install", "--no-install-recommends", ...packages];
  try {
    await apt(...install);
  } catch {
    // A machine that is new has no package lists, an old one has outdated ones.
    await apt("update");
    await apt(...install);
  }
}

// bench/runner/machine.mjs: what a figure is worth nothing without.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";

/** Machine, kernel and versions. */
export function machine(python) {
  const { name, version } = createRequire(import.meta.url)("../../package.json");
  const facts = JSON.parse(readFileSync(join(python, "python.json"), "utf8"));
  const cpus = os.cpus();
  const { glibcVersionRuntime } = process.report.getReport().header;
  return {
    date: new Date().toISOString().slice(0, 10),
    package: `${name} ${version}`,
    cpu: `${cpus.length} x ${cpus[0]?.model.trim() ?? "?"}`,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    glibc: glibcVersionRuntime,
    node: process.versions.node,
    python: pythonVersion(python),
    build: facts.build?.profile ?? facts.optimization ?? facts.flags?.join?.(" ") ?? "",
  };
}

function pythonVersion(python) {
  const program = join(python, "disk", "bin", "python3");
  const code = "import platform; print(platform.python_version(), platform.python_compiler())";
  return execFileSync(program, ["-I", "-c", code], { encoding: "utf8" }).trim();
}

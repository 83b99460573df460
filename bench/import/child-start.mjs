// bench/import/child-start.mjs: what starting a Python child costs.
import { join } from "node:path";
import { childJson } from "../runner/child.mjs";

const diskPython = ({ python }) => join(python, "disk", "bin", "python3");

// By one and the same parent, python3 of the disk install.
const startOf = (program) => (context) => {
  const timer = join(import.meta.dirname, "..", "programs", "spawn_timer.py");
  return childJson(diskPython(context), ["-I", timer, program(context), "-c", "pass"], context);
};

export const childStart = {
  about: "spawn to exit of sys.executable -c pass: the launcher / python3 on disk",
  unit: "ms",
  limit: 1.3,
  runs: 51,
  ours: {
    label: "inmem-launcher -c pass",
    sample: startOf(({ root }) => join(root, "build", "Release", "inmem-launcher")),
  },
  theirs: { label: "python3 -c pass", sample: startOf(diskPython) },
};

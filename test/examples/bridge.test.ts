// test/examples/bridge.test.ts: the programs of examples/bridge print what examples/README.md says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot, spawnProcess } from "../helpers/spawn-node.js";

/** `$ node PROGRAM`, and what it prints, as the page has it. */
const page = readFileSync(join(packageRoot, "examples", "README.md"), "utf8");
const shown = [...page.matchAll(/```\n\$ node (examples\/bridge\/\S+)\n(.*?)```/gs)];

describe("examples/bridge", () => {
  it("is on the page", () => {
    expect(shown.length).toBeGreaterThanOrEqual(5);
  });

  it.each(shown.map(([, program, output]) => [program, output] as const))(
    "%s",
    async (program, output) => {
      const { code, stdout, stderr } = await spawnProcess(process.execPath, [program as string], {
        cwd: packageRoot,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe(output);
    },
  );
});

// test/isolation/cxx.long.test.ts: C++ across the libraries of a bundle, in every Node and in Debian's own.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { nodesFor } from "../../scripts/isolation/plan.mjs";
import { packageRoot, type SpawnResult, spawnCommand } from "../helpers/spawn-node.js";
import { cxxEnv, makeCxxBundle } from "./cxx-bundle.js";

const isBuilt = existsSync(join(packageRoot, "build", "Release", "inmem.node"));
const nodes = isBuilt ? await nodesFor([]) : [];

describe.runIf(isBuilt)("C++ across the libraries of a bundle", () => {
  let bundle: string;
  let disk: SpawnResult;

  beforeAll(async () => {
    ({ bundle, disk } = await makeCxxBundle());
  });

  it.each(nodes)("is the same in Node $name", async ({ node }) => {
    const ended = await spawnCommand(["run", bundle], { env: cxxEnv, node });
    expect(ended).toMatchObject({ code: 0, stdout: disk.stdout, stderr: disk.stderr });
  });
});

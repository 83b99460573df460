// test/isolation/cxx.long.test.ts: C++ across the libraries of a bundle, in every Node and in Debian's own.
import { beforeAll, describe, expect, it } from "vitest";
import { nodesFor } from "../../scripts/isolation/plan.mjs";
import { type SpawnResult, spawnCommand } from "../helpers/spawn-node.js";
import { cxxEnv, makeCxxBundle } from "./cxx-bundle.js";

const nodes = await nodesFor([]);

describe("C++ across the libraries of a bundle", () => {
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

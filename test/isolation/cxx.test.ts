// test/isolation/cxx.test.ts: C++ across libraries of a bundle: streams, exceptions, casts, unique objects, the environment.
import { beforeAll, describe, expect, it } from "vitest";
import { refusedTiers } from "../../scripts/wheels/refused.mjs";
import { type SpawnResult, spawnCommand } from "../helpers/spawn-node.js";
import { cxxEnv, makeCxxBundle } from "./cxx-bundle.js";

const tiers = ["memfd", "mapped", "tmpfs", "extract", "auto"];

describe("C++ across the libraries of a bundle", () => {
  let bundle: string;
  let disk: SpawnResult;
  let refused: Record<string, string>;

  beforeAll(async () => {
    ({ bundle, disk } = await makeCxxBundle());
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
    const ended = await spawnCommand(["run", `--load=${tier}`, bundle], { env: cxxEnv });
    expect(ended).toMatchObject({ code: 0, stdout: disk.stdout, stderr: disk.stderr });
  });

  it("is the same in the launcher", async () => {
    const ended = await spawnCommand(["python", "--bundle", bundle, bundle], { env: cxxEnv });
    expect(ended).toMatchObject({ code: 0, stdout: disk.stdout, stderr: disk.stderr });
  });
});

// test/isolation/bindings.long.test.ts: the same for large wheels, in every Node and in Debian's own, in every tier.
import { describe, expect, it } from "vitest";
import { compareBindings, complaintsOf } from "../../scripts/isolation/compare.mjs";
import { isolationWheels, nodesFor } from "../../scripts/isolation/plan.mjs";
import { builtPython } from "../../scripts/wheels/prepare.mjs";
import { refusedTiers } from "../../scripts/wheels/refused.mjs";
import { findSubjects } from "../../scripts/wheels/subjects.mjs";

const tiers = ["memfd", "mapped", "tmpfs", "extract"];
const wheels = (await findSubjects()).filter(({ name }) => isolationWheels.includes(name));
const nodes = await nodesFor([]);

describe("bindings as on disk", () => {
  const cases = nodes.flatMap((node) => wheels.map((wheel) => ({ node, wheel })));
  it.each(cases)("$wheel.name in Node $node.name", async ({ node, wheel }) => {
    const found = await compareBindings(wheel, { pythonDir: builtPython(), ...node });
    expect(complaintsOf(found)).toEqual([]);
    expect(found.captured.length).toBeGreaterThan(0);
  });

  it.for(tiers)("psycopg2 by --load=%s", async (tier, { skip }) => {
    const refused = await refusedTiers([tier], process.execPath);
    skip(refused[tier] !== undefined, refused[tier]);
    const wheel = wheels.find(({ name }) => name === "psycopg2") as (typeof wheels)[number];
    const settings = { pythonDir: builtPython(), node: process.execPath, tier };
    expect(complaintsOf(await compareBindings(wheel, settings))).toEqual([]);
  });
});

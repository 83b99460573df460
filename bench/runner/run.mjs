// bench/runner/run.mjs: takes the samples of one measure, so that the two sides meet the same machine.
//
// What lies idle for a minute may be paged out here, a neighbour may take the
// core: so each sample is taken right after an unmeasured one of its own side
// (the warming), the sides take turns, in another order each round, and our
// side is sampled twice, as A and as A'. A/A' should be 1; what it is instead is
// how far to trust A/B.
import { say } from "../../scripts/common/run.mjs";
import { withScratch } from "../../scripts/common/scratch.mjs";
import { summary } from "./stats.mjs";

/**
 * @typedef {object} Measure
 * @property {string} about
 * @property {string} unit
 * @property {number} [limit]  What A/B may be at most.
 * @property {boolean} [atLeast]  It must be at least that instead.
 * @property {number} [runs]
 * @property {boolean} [warm]  False: nothing is timed, so no sample is taken twice.
 * @property {(context: Context) => Promise<void> | void} [prepare]
 * @property {Side} ours
 * @property {Side} theirs
 * @property {(samples: Record<string, object[]>) => string[]} [notes]  Lines under the table.
 *
 * @typedef {object} Side
 * @property {string} label
 * @property {(context: Context) => Promise<Sample> | Sample} sample
 *
 * @typedef {{ value: number } & Record<string, unknown>} Sample
 * @typedef {{ python: string, root: string, dir: string, env: Record<string, string> }} Context
 */

/** @param {Measure} measure */
export async function runMeasure(name, measure, { python, root, runs = measure.runs ?? 21 }) {
  return withScratch("bench", async (dir) => {
    const context = { python, root, dir, env: cleanEnv(dir) };
    await measure.prepare?.(context);
    const sides = { ours: measure.ours, theirs: measure.theirs, control: measure.ours };
    const samples = { ours: [], theirs: [], control: [] };
    const order = Object.keys(sides);
    for (let round = 0; round < runs; round += 1) {
      for (const key of order) {
        if (measure.warm ?? true) await sides[key].sample(context);
        samples[key].push(await sides[key].sample(context));
      }
      order.push(order.shift());
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${round + 1} of ${runs}`);
    }
    if (process.stderr.isTTY) say("");
    return result(name, measure, samples);
  });
}

function result(name, measure, samples) {
  const of = (key) => summary(samples[key].map(({ value }) => value));
  const [ours, theirs, control] = ["ours", "theirs", "control"].map(of);
  return {
    name,
    about: measure.about,
    unit: measure.unit,
    limit: measure.limit,
    atLeast: measure.atLeast ?? false,
    ratio: ours.median / theirs.median,
    control: ours.median / control.median,
    sides: [
      { side: "A", label: measure.ours.label, ...ours },
      { side: "B", label: measure.theirs.label, ...theirs },
      { side: "A'", label: `${measure.ours.label}, again`, ...control },
    ],
    notes: measure.notes?.(samples) ?? [],
  };
}

// Nothing of the caller's: PYTHONDONTWRITEBYTECODE alone makes a peer several
// times slower. HOME is a folder of this measure.
function cleanEnv(home) {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home, LANG: "C.UTF-8" };
}

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
 * @property {number} [limit]  What A/B may be at most, B being the best of theirs.
 * @property {boolean} [atLeast]  It must be at least that instead.
 * @property {number} [runs]
 * @property {boolean} [warm]  False: nothing is timed, so no sample is taken twice.
 * @property {(context: Context) => Promise<void> | void} [prepare]
 * @property {Side} ours
 * @property {Side | Side[]} theirs
 * @property {Side[]} [shown]  Sampled as the others, in the table, in no ratio.
 * @property {(samples: Record<string, object[]>) => string[]} [notes]  Lines under the table; of samples by letter, `ours` and `theirs` are A's and B's.
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
    const sides = sidesOf(measure);
    const samples = Object.fromEntries(Object.keys(sides).map((key) => [key, []]));
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
    return result(name, measure, sides, samples);
  });
}

/** By their letters: A, B and on, A' for ours again; what is only shown after them. */
function sidesOf({ ours, theirs, shown = [] }) {
  const others = [theirs].flat().map((side, i) => [letters[i], side]);
  const more = shown.map((side, i) => [`-${i + 1}`, side]);
  const again = { ...ours, label: `${ours.label}, again` };
  return Object.fromEntries([["A", ours], ...others, ["A'", again], ...more]);
}

const letters = ["B", "C", "D", "E"];

function result(name, measure, sides, samples) {
  const summaries = Object.entries(sides).map(([side, { label }]) => ({
    side: side.startsWith("-") ? "" : side,
    label,
    ...summary(samples[side].map(({ value }) => value)),
  }));
  const median = (letter) => summaries.find(({ side }) => side === letter).median;
  const others = summaries.filter(({ side }) => letters.includes(side));
  const better = measure.atLeast ? Math.max : Math.min;
  const best = others.reduce((a, b) => (better(a.median, b.median) === a.median ? a : b));
  return {
    name,
    about: measure.about,
    unit: measure.unit,
    limit: measure.limit,
    atLeast: measure.atLeast ?? false,
    best: best.side,
    ratio: median("A") / best.median,
    control: median("A") / median("A'"),
    sides: summaries,
    notes: measure.notes?.({ ours: samples.A, theirs: samples.B, ...samples }) ?? [],
  };
}

// Nothing of the caller's: PYTHONDONTWRITEBYTECODE alone makes a peer several
// times slower. HOME is a folder of this measure.
function cleanEnv(home) {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", HOME: home, LANG: "C.UTF-8" };
}

// bench/runner/stats.mjs: median and spread of samples, as `inmem-python bench` has them.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Median, quartiles and extremes. Needs dist/, which every measure has built. */
export function summary(values) {
  return require("../../dist/measure/stats.js").spreadOf(values);
}

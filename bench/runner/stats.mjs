// bench/runner/stats.mjs: median and spread of samples.

/** Median, quartiles and extremes; linear between neighbours, as numpy does by default. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q) => {
    const position = q * (sorted.length - 1);
    const low = Math.floor(position);
    const high = Math.ceil(position);
    return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
  };
  return { n: sorted.length, min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
}

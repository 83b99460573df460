// lib/measure/stats.ts: median and spread of samples.

/** Quartiles and extremes of one figure over the runs of a way. */
export interface Spread {
  readonly n: number;
  readonly min: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
}

/** Linear between neighbours, as numpy does by default. `values`: one at least. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) => {
    const position = q * (sorted.length - 1);
    const low = sorted[Math.floor(position)] as number;
    const high = sorted[Math.ceil(position)] as number;
    return low + (high - low) * (position - Math.floor(position));
  };
  return { n: sorted.length, min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
}

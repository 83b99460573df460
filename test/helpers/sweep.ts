// test/helpers/sweep.ts: vitest's global setup: temporary folders of runs that were killed go before a new one.
import { removeAbandoned } from "../../scripts/common/scratch.mjs";

export function setup(): void {
  removeAbandoned();
}

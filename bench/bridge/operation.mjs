// bench/bridge/operation.mjs: one bridge, one row: starts it, warms it, and prints ns an operation as JSON.
//
// usage: node operation.mjs '{ "side": "pyodide", "row": "add", ... }'
import { summary } from "../runner/stats.mjs";
import { need, openSide, options, tell } from "./open.mjs";

const batchMs = 20;
const batches = 15;
/** As long as V8 takes to have compiled all that is hot. */
const warmMs = 300;

const thousand = Array.from({ length: 1000 }, (_, i) => i);
const inputs = { echo: "0123456789abcdef", list: thousand };
const input = options.input ?? inputs[options.row];

const side = await openSide();
const operation = need(side, options.row);

/** Milliseconds that n operations take. */
async function time(n) {
  const start = process.hrtime.bigint();
  // Only what is a promise is waited for: a turn of the loop is no part of a synchronous call.
  const pending = operation(n, input);
  if (pending) await pending;
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** How many operations fill a batch, found while they are warmed. */
async function warm() {
  let count = 1;
  for (let spent = 0; ; ) {
    const ms = await time(count);
    spent += ms;
    if (ms >= batchMs && spent > warmMs) return count;
    if (ms < batchMs) count = Math.ceil(count * Math.min(10, (1.1 * batchMs) / ms));
  }
}

const count = await warm();
const samples = [];
for (let i = 0; i < batches; i += 1) samples.push(((await time(count)) * 1e6) / count);
const { median: value, min: least } = summary(samples);
tell(side, { value, least, count });

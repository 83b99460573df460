// lib/measure/sample.ts: one sample, in a Node of its own: `node sample.js JOB`; tells the result on descriptor 3.
const began = process.hrtime.bigint();
const usageBefore = process.resourceUsage();

import { closeSync, readSync, writeSync } from "node:fs";
import type { RunOptions } from "../options.js";
import type { OwnOptions } from "../run.js";
import type { SampleJob, SampleResult, Written } from "./ways.js";

const RESULT = 3;
const HOLD = 4;

async function sample(job: SampleJob): Promise<void> {
  let written: Written = { files: 0, bytes: 0 };
  if (job.extract && job.folder !== undefined) {
    const { binding } = require("../binding.js") as typeof import("../binding.js");
    const { extractBundle } = require("./extract.js") as typeof import("./extract.js");
    written = await extractBundle(binding(), job.bundle, job.folder);
  }
  // What users get: the package's own door, with its start ahead of JavaScript.
  const { run } = require("../index.js") as typeof import("../index.js");
  let first = 0n;
  const options: RunOptions & OwnOptions = {
    args: [...job.args],
    ...(job.load === undefined ? {} : { load: job.load }),
    onBegan: (nanoseconds) => (first = nanoseconds),
  };
  const { exitCode } = await run(job.folder ?? job.bundle, options);
  const ended = process.hrtime.bigint();
  tell({
    start: milliseconds((first || ended) - began),
    run: milliseconds(ended - began),
    ...spent(),
    exitCode,
    written,
  });
  if (job.hold) waitForEnd();
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}

function spent(): Pick<SampleResult, "cpu" | "peakBytes"> {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const before = usageBefore.userCPUTime + usageBefore.systemCPUTime;
  return { cpu: (userCPUTime + systemCPUTime - before) / 1e3, peakBytes: maxRSS * 1024 };
}

function tell(result: SampleResult): void {
  writeSync(RESULT, `${JSON.stringify(result)}\n`);
}

function waitForEnd(): void {
  while (readSync(HOLD, Buffer.alloc(1)) > 0);
  closeSync(HOLD);
}

sample(JSON.parse(process.argv[2] as string) as SampleJob).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

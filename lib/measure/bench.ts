// lib/measure/bench.ts: one bundle, run in each way, in turns; what each took.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { arch, cpus, release, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { binding } from "../binding.js";
import { InmemError } from "../errors.js";
import { reportHost } from "../host-report.js";
import { extractBundle } from "./extract.js";
import { pssBytes, type SampleProcess, type SampleSettings, takeSample } from "./process.js";
import { type Spread, spreadOf } from "./stats.js";
import { type SampleResult, WAYS, type Way, type WayName, type Written, wayOf } from "./ways.js";

export interface BenchOptions {
  /** A bundle's path. */
  readonly bundle: string;
  /** The program's arguments; with them it has to end by itself. */
  readonly args: readonly string[];
  /** Default: all that this host can do; `python` only with `python`. */
  readonly ways?: readonly WayName[];
  /** Measured runs of each way, after an unmeasured one. */
  readonly runs: number;
  /** How many processes hold the program at once for the sum of Pss; 0: none. */
  readonly processes: number;
  /** A python 3.13, of a venv or other, that runs the extracted folder. */
  readonly python?: string;
  /** Of one run. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

export interface WayResult {
  readonly way: WayName;
  readonly label: string;
  /** Milliseconds until the program's first line. */
  readonly start: Spread;
  /** Milliseconds until the program has ended. */
  readonly run: Spread;
  /** Milliseconds of processor time. */
  readonly cpu: Spread;
  readonly peakBytes: Spread;
  /** Of all processes together; null where it was not asked for. */
  readonly pssBytes: number | null;
  /** By extraction, and what the program left in its temporary folder; of one run. */
  readonly written: Written;
  /** Median of `run` / that of the first way. */
  readonly ratio: number;
}

export interface BenchResult {
  readonly bundle: string;
  readonly bundleBytes: number;
  readonly args: readonly string[];
  readonly runs: number;
  readonly processes: number;
  readonly host: Readonly<Record<string, string>>;
  /** What temporary folders lie on: "tmpfs", or "disk". */
  readonly temporary: "tmpfs" | "disk";
  readonly ways: readonly WayResult[];
  readonly skipped: readonly { readonly way: WayName; readonly reason: string }[];
}

/**
 * Measures. Each way runs once unmeasured, so that page cache and folders are warm, then the ways take turns.
 * @throws {InmemError} ERR_INMEM_BENCH, and every code of docs/errors.md that concerns the bundle.
 */
export async function measureBundle(options: BenchOptions): Promise<BenchResult> {
  const root = mkdtempSync(join(tmpdir(), "inmem-bench-"));
  try {
    const { ways, skipped } = chooseWays(options);
    const lab = new Lab(root, options);
    await lab.prepare(ways);
    const samples = await takeTurns(lab, ways, options);
    const results = [];
    for (const way of ways) {
      const held = options.processes > 0 ? await lab.hold(way) : null;
      results.push(summarize(way, samples.get(way) ?? [], held, samples.get(ways[0] as Way) ?? []));
    }
    return {
      bundle: options.bundle,
      bundleBytes: statSync(options.bundle).size,
      args: options.args,
      runs: options.runs,
      processes: options.processes,
      host: hostFacts(),
      temporary: temporaryKind(root),
      ways: results,
      skipped,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function chooseWays({ ways, python }: BenchOptions) {
  const { tiers } = reportHost(binding);
  const skipped: { way: WayName; reason: string }[] = [];
  const chosen = (ways ?? WAYS).map(wayOf).filter(({ name, load }) => {
    const refusal = load === undefined ? "" : (tiers?.[load].reason ?? "");
    const reason = name === "python" && python === undefined ? "no python was given" : refusal;
    // Nobody misses the python that was not asked for.
    if (reason !== "" && (name !== "python" || ways !== undefined))
      skipped.push({ way: name, reason });
    return reason === "";
  });
  if (chosen.length === 0) {
    const reasons = skipped.map(({ way, reason }) => `${way}: ${reason}`).join("; ");
    throw new InmemError("ERR_INMEM_BENCH", `no way of running is left to measure (${reasons})`);
  }
  return { ways: chosen, skipped };
}

async function takeTurns(lab: Lab, ways: readonly Way[], { runs, onProgress }: BenchOptions) {
  const samples = new Map<Way, Sample[]>(ways.map((way) => [way, []]));
  const order = [...ways];
  for (let round = 0; round <= runs; round++) {
    for (const way of order) {
      onProgress?.(round === 0 ? `${way.name}: warming up` : `${way.name}: ${round} of ${runs}`);
      const sample = await lab.run(way);
      if (round > 0) samples.get(way)?.push(sample);
    }
    order.push(order.shift() as Way);
  }
  return samples;
}

type Sample = SampleResult & { readonly left: Written };

/** The folders of one measurement, and the runs in them. */
class Lab {
  readonly #root: string;
  readonly #options: BenchOptions;
  #count = 0;

  constructor(root: string, options: BenchOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** Extracts what some ways find extracted. */
  async prepare(ways: readonly Way[]): Promise<void> {
    if (!ways.some(({ folder }) => folder === "cached")) return;
    this.#options.onProgress?.("extracting");
    await extractBundle(binding(), resolve(this.#options.bundle), this.#cached);
  }

  /** One run, alone. */
  async run(way: Way): Promise<Sample> {
    const place = this.#place();
    try {
      const { result } = await this.#take(way, place, false);
      return { ...result, left: filesBelow(join(place, "tmp")) };
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }

  /** The sum of Pss of processes whose program has ended and that hold what it loaded. */
  async hold(way: Way): Promise<number> {
    const { processes, onProgress } = this.#options;
    onProgress?.(`${way.name}: ${processes} processes at once`);
    const places = Array.from({ length: processes }, () => this.#place());
    const taken = await Promise.allSettled(places.map((place) => this.#take(way, place, true)));
    const held = taken.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    try {
      for (const one of taken) if (one.status === "rejected") throw one.reason;
      return held.reduce((total, { pid }) => total + pssBytes(pid), 0);
    } finally {
      await Promise.all(held.map((one) => one.release()));
      for (const place of places) rmSync(place, { recursive: true, force: true });
    }
  }

  get #cached(): string {
    return join(this.#root, "extracted");
  }

  #place(): string {
    const place = join(this.#root, `run-${this.#count++}`);
    mkdirSync(join(place, "tmp"), { recursive: true });
    return place;
  }

  #take(way: Way, place: string, hold: boolean): Promise<SampleProcess> {
    const { bundle, args, timeoutMs, signal, python } = this.#options;
    const job = {
      bundle: resolve(bundle),
      args,
      load: way.load,
      folder: { fresh: join(place, "extracted"), cached: this.#cached, none: undefined }[
        way.folder ?? "none"
      ],
      extract: way.folder === "fresh",
      hold,
    };
    const settings: SampleSettings = { env: environment(place), timeoutMs, signal, python };
    return takeSample(way, job, settings);
  }
}

// The caller's, but for what would make one way another: PYTHONDONTWRITEBYTECODE, NODE_OPTIONS.
function environment(place: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PYTHON|NODE_|INMEM_)/.test(name));
  return { ...Object.fromEntries(kept), TMPDIR: join(place, "tmp") };
}

function filesBelow(folder: string): Written {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = found.reduce(
    (sum, file) => sum + statSync(join(file.parentPath, file.name)).size,
    0,
  );
  return { files: found.length, bytes };
}

function summarize(
  way: Way,
  samples: readonly Sample[],
  pss: number | null,
  base: readonly Sample[],
): WayResult {
  const of = (figure: (sample: Sample) => number) => spreadOf(samples.map(figure));
  const run = of((sample) => sample.run);
  const last = samples.at(-1) as Sample;
  return {
    way: way.name,
    label: way.label,
    start: of((sample) => sample.start),
    run,
    cpu: of((sample) => sample.cpu),
    peakBytes: of((sample) => sample.peakBytes),
    pssBytes: pss,
    written: {
      files: last.written.files + last.left.files,
      bytes: last.written.bytes + last.left.bytes,
    },
    ratio: run.median / spreadOf(base.map((sample) => sample.run)).median,
  };
}

function hostFacts(): Record<string, string> {
  const found = cpus();
  return {
    processor: `${found.length} x ${found[0]?.model.trim() ?? arch()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    node: process.versions.node,
    python: binding().versions().python,
  };
}

const TMPFS_MAGIC = 0x0102_1994; // Source: Linux, include/uapi/linux/magic.h

function temporaryKind(folder: string): "tmpfs" | "disk" {
  return statfsSync(folder).type === TMPFS_MAGIC ? "tmpfs" : "disk";
}

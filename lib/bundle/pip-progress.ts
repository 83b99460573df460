// lib/bundle/pip-progress.ts: pip's lines as progress.
import type { BundleProgress } from "./options.js";

const DOWNLOADING = /^\s*(Downloading|Using cached) (\S+)(?: \(([\d.]+) (\w+)\))?/;
const UNITS: Readonly<Record<string, number>> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
const PROGRESS = /^Progress (\d+) of (\d+)$/;
const BUILDING = /^\s*Building wheel for (\S+) .*: started$/;

/** Reads pip's standard output, with `--progress-bar raw`. */
export class PipProgress {
  /** What it said, without the figures of progress. */
  readonly lines: string[] = [];
  readonly #tell: (progress: BundleProgress) => void;
  #file = "";
  #startedAt = 0;

  constructor(tell: (progress: BundleProgress) => void) {
    this.#tell = tell;
  }

  take(line: string): void {
    const [, done, total] = PROGRESS.exec(line) ?? [];
    if (done !== undefined) {
      this.#download(Number(done), Number(total));
      return;
    }
    this.lines.push(line);
    this.#tell({ phase: "resolve", line });
    const [, how, place = "", size, unit = ""] = DOWNLOADING.exec(line) ?? [];
    if (how !== undefined) {
      this.#file = decodeURIComponent(place.slice(place.lastIndexOf("/") + 1));
      this.#startedAt = performance.now();
      // Of what is small pip tells the size alone, and rounded.
      const totalBytes = Math.round(Number(size ?? 0) * (UNITS[unit] ?? 0));
      const doneBytes = how === "Downloading" ? 0 : totalBytes;
      this.#tell({ phase: "download", file: this.#file, doneBytes, totalBytes, bytesPerSecond: 0 });
    }
    const name = BUILDING.exec(line)?.[1];
    if (name !== undefined) this.#tell({ phase: "build", name });
  }

  #download(doneBytes: number, totalBytes: number): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const bytesPerSecond = seconds > 0 ? Math.round(doneBytes / seconds) : 0;
    this.#tell({ phase: "download", file: this.#file, doneBytes, totalBytes, bytesPerSecond });
  }
}

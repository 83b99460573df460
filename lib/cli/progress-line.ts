// lib/cli/progress-line.ts: one line on a terminal that is written over; nothing elsewhere.

/** Between two updates, in milliseconds. */
const UPDATE_INTERVAL = 50;

export class ProgressLine {
  readonly #enabled: boolean;
  #shownAt = 0;

  /** @param enabled false: nothing is ever written. Writes to stderr. */
  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  show(text: string): void {
    const now = Date.now();
    if (!this.#enabled || now - this.#shownAt < UPDATE_INTERVAL) return;
    this.#shownAt = now;
    const width = (process.stderr.columns || 80) - 1;
    process.stderr.write(`\r\x1b[K${text.slice(0, width)}`);
  }

  clear(): void {
    if (this.#shownAt > 0) process.stderr.write("\r\x1b[K");
  }
}

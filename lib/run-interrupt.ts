// lib/run-interrupt.ts: an AbortSignal as an interrupt of the program.
import { constants } from "node:os";
import type { Binding } from "./binding.js";
import { InmemError } from "./errors.js";
import { timerDelay } from "./timers.js";

const WAKE_EVERY_MS = 50;

/** The POSIX signal that the program should see, where the abort came of one. */
export interface SignalReason {
  readonly signal: NodeJS.Signals;
}

/**
 * While a run is going: an abort becomes KeyboardInterrupt (or the handler that
 * the program set for the signal), and after the grace the run is given up.
 */
export class RunInterrupt {
  /** True once the program was interrupted. */
  raised = false;
  /** Rejects when the program has not ended, or what it printed was not taken, within the grace. */
  readonly gaveUp: Promise<never>;
  readonly #binding: Binding;
  readonly #signal: AbortSignal | undefined;
  readonly #graceMs: number;
  #giveUp: ((error: InmemError) => void) | undefined;
  #timers: NodeJS.Timeout[] = [];
  #ended = false;

  constructor(binding: Binding, signal: AbortSignal | undefined, graceMs: number) {
    this.#binding = binding;
    this.#signal = signal;
    this.#graceMs = graceMs;
    this.gaveUp = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    this.gaveUp.catch(() => undefined);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** From now on an interrupt would hit the next run: an abort bounds the wait for streams alone. */
  programEnded(): void {
    this.#ended = true;
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const timer of this.#timers) clearInterval(timer);
  }

  readonly #onAbort = (): void => {
    if (!this.#ended) {
      this.raised = true;
      this.#binding.interrupt(constants.signals[signalOf(this.#signal?.reason)]);
      // The first wake may come just before a blocking call begins.
      this.#timers.push(setInterval(this.#wake, WAKE_EVERY_MS));
    }
    if (this.#graceMs !== Number.POSITIVE_INFINITY) {
      this.#timers.push(setTimeout(this.#onGraceOver, timerDelay(this.#graceMs)));
    }
  };

  readonly #wake = (): void => {
    if (!this.#ended) this.#binding.wake();
  };

  readonly #onGraceOver = (): void => {
    if (!this.#ended) this.#binding.interruptHard();
    this.#giveUp?.(graceOver(this.#ended, this.#graceMs, this.#signal?.reason));
  };
}

/** The error of a run that was given up; `ended`: its program was through. */
export function graceOver(ended: boolean, graceMs: number, cause: unknown): InmemError {
  const what = ended ? "what the program printed was not taken" : "the program did not end";
  const message = `${what} within ${graceMs} ms of the abort`;
  return new InmemError("ERR_INMEM_ABORT_TIMEOUT", message, { cause });
}

/** The signal that an abort's reason names (SignalReason), else SIGINT. */
export function signalOf(reason: unknown): NodeJS.Signals {
  const name: unknown = (reason as Partial<SignalReason> | null | undefined)?.signal;
  const isKnown = typeof name === "string" && Object.hasOwn(constants.signals, name);
  return isKnown ? (name as NodeJS.Signals) : "SIGINT";
}

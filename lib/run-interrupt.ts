// lib/run-interrupt.ts: an AbortSignal as an interrupt of the program.
import { constants } from "node:os";
import type { Binding } from "./binding.js";
import { InmemError } from "./errors.js";

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
  /** Rejects when the program has not ended within the grace. */
  readonly gaveUp: Promise<never>;
  readonly #binding: Binding;
  readonly #signal: AbortSignal | undefined;
  readonly #graceMs: number;
  #giveUp: ((error: InmemError) => void) | undefined;
  #timers: NodeJS.Timeout[] = [];

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

  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const timer of this.#timers) clearInterval(timer);
  }

  readonly #onAbort = (): void => {
    this.raised = true;
    this.#binding.interrupt(signalNumber(this.#signal?.reason));
    // The first wake may come just before a blocking call begins.
    this.#timers.push(setInterval(() => this.#binding.wake(), WAKE_EVERY_MS));
    if (this.#graceMs !== Number.POSITIVE_INFINITY) {
      this.#timers.push(setTimeout(this.#onGraceOver, this.#graceMs));
    }
  };

  readonly #onGraceOver = (): void => {
    this.#binding.interruptHard();
    this.#giveUp?.(
      new InmemError(
        "ERR_INMEM_ABORT_TIMEOUT",
        `the program did not end within ${this.#graceMs} ms of the abort`,
        { cause: this.#signal?.reason },
      ),
    );
  };
}

function signalNumber(reason: unknown): number {
  const name = (reason as Partial<SignalReason> | undefined)?.signal;
  return (name && constants.signals[name]) || constants.signals.SIGINT;
}

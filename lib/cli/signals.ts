// lib/cli/signals.ts: turns the signals that end a command into an abort.

const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The reason of an abort that a signal asked for. */
export class SignalAbort extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`received ${signal}`);
    this.signal = signal;
  }

  override get name(): string {
    return "AbortError";
  }
}

/** timeout(1) sends its signal to the command and then to the group that both are in. */
const SAME_MS = 100;

/**
 * The first SIGINT, SIGTERM or SIGHUP aborts; a second one ends the process at
 * once, by that signal, as if nobody had caught it. The same one right after the
 * first is the first.
 */
export class SignalRelay {
  static readonly open = new Set<SignalRelay>();
  readonly #controller = new AbortController();
  #received: NodeJS.Signals | undefined;
  #receivedAt = 0;

  constructor() {
    for (const name of ENDING) process.on(name, this.#take);
    SignalRelay.open.add(this);
  }

  /** Aborts with a SignalAbort. */
  get abortSignal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first signal that came. */
  get received(): NodeJS.Signals | undefined {
    return this.#received;
  }

  /** Gives the signals their default meaning back. */
  close(): void {
    for (const name of ENDING) process.off(name, this.#take);
    SignalRelay.open.delete(this);
  }

  /** As if the signal had come. */
  abort(name: NodeJS.Signals): void {
    if (this.#received) return;
    this.#received = name;
    this.#receivedAt = performance.now();
    this.#controller.abort(new SignalAbort(name));
  }

  readonly #take = (name: NodeJS.Signals): void => {
    if (this.#received) {
      const isSame = performance.now() - this.#receivedAt < SAME_MS;
      if (isSame && this.#received === name) return;
      this.close();
      process.kill(process.pid, name);
      return;
    }
    this.abort(name);
  };
}

/** Ends what the command is at. */
export function abortRelays(name: NodeJS.Signals): void {
  for (const relay of SignalRelay.open) relay.abort(name);
}

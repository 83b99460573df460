// lib/bridge/promises.ts: what Python awaits of JavaScript: Promises and async iterators.
import type { Crossing } from "./crossing.js";
import { Kind } from "./native.js";
import { thrownObject } from "./values.js";

/** native/bridge/promises.cc asks it of an object, by number. */
const Ask = { value: 0, iterator: 1, next: 2, end: 3, abort: 4 } as const;

type AsyncIterators = Partial<AsyncIterator<unknown>> & {
  [Symbol.asyncIterator]?(): AsyncIterator<unknown>;
  abort?(): void;
};

/** Answers by native.answerPromise() when the Promise is settled. Never throws. */
export async function answer(
  crossing: Crossing,
  object: object,
  number: number,
  what: number,
): Promise<void> {
  try {
    const value = await asked(object as AsyncIterators, what);
    give(crossing, number, Kind.value, value);
  } catch (error) {
    reject(crossing, number, error);
  }
}

function reject(crossing: Crossing, number: number, error: unknown): void {
  try {
    give(crossing, number, Kind.thrown, crossing.exceptionBehind(error) ?? thrownObject(error));
  } catch (other) {
    give(crossing, number, Kind.thrown, thrownObject(other)); // its proxy was destroyed
  }
}

async function asked(object: AsyncIterators, what: number): Promise<unknown> {
  switch (what) {
    case Ask.iterator:
      return object[Symbol.asyncIterator]?.() ?? object;
    case Ask.next: {
      const step = await object.next?.();
      // One object for the two: Python sees the pair.
      return step === undefined || step.done === true ? Ended : new Item(await step.value);
    }
    case Ask.end:
      await object.return?.();
      return undefined;
    case Ask.abort:
      object.abort?.();
      return undefined;
    default:
      return object;
  }
}

/** A value of an iteration: on the tape it is a tuple of one. */
class Item {
  constructor(readonly value: unknown) {}
}

/** An iteration has ended: a tuple of none. */
const Ended = Symbol("ended");

function give(crossing: Crossing, number: number, kind: number, value: unknown): void {
  crossing.withMemory((tape) => {
    if (value === Ended) tape.tuple([]);
    else if (value instanceof Item) tape.tuple([value.value]);
    else tape.value(value, 0);
    crossing.native.answerPromise(number, kind, tape.finish(crossing.registers));
  });
}

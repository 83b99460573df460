// test/bridge/fuzz/values.cjs: values of every kind, hostile ones among them, for either side of the bridge.
"use strict";

class Hostile {
  get bad() {
    throw new RangeError("getter");
  }
  toString() {
    throw new TypeError("toString");
  }
}

const trap = () => {
  throw new Error("trap");
};
const throwing = new Proxy(
  {},
  {
    get: trap,
    has: trap,
    ownKeys: trap,
    getPrototypeOf: trap,
    getOwnPropertyDescriptor: trap,
    set: trap,
  },
);

/**
 * @param dice random numbers (seeded.cjs)
 * @param functions () => Python functions, of the interpreter whose turn it is
 * @param callback a function of JavaScript
 */
module.exports = function makeValues({ random, below, pick }, functions, callback) {
  const kept = [];
  let depth = 0;

  /** Remembers the last 64, and gives the value. */
  function keep(value) {
    if (kept.length < 64) kept.push(value);
    else kept[below(64)] = value;
    return value;
  }

  const scalars = [
    () => undefined,
    () => null,
    () => random() < 0.5,
    () => below(10),
    () => random() * 1e300,
    () => pick([Number.NaN, -0, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 31)]),
    () => BigInt(below(1000)) ** BigInt(below(40)),
    () =>
      pick(["", "a", "length", "bad", "__class__", "\ud800", "\u{1F600}", "x".repeat(below(300))]),
    () => Symbol("s"),
  ];
  const objects = [
    () => ({ a: value(), b: 1 }),
    () => Array.from({ length: below(6) }, value),
    () => new Map([[value(), value()]]),
    () => new Set([value()]),
    () => new Date(below(1e12)),
    () => new Uint8Array(below(20)),
    () => new Float64Array(below(20)),
    () => new ArrayBuffer(below(20)),
    () => new Uint16Array(new SharedArrayBuffer(2 * below(20))),
    () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 32 })),
    () => new Error("made"),
    () => /x/g,
    () => new Hostile(),
    () => throwing,
    () => Promise.resolve(value()),
    () => Object.create(null),
    () => class {},
    () => {
      const cycle = [];
      cycle.push(cycle, { cycle });
      return cycle;
    },
    () =>
      function* () {
        yield value();
      },
    () => callback,
  ];

  const scalar = () => pick(scalars)();
  function object() {
    depth++;
    try {
      return pick(objects)();
    } finally {
      depth--;
    }
  }

  function value() {
    const r = random();
    if (r < 0.3) return scalar();
    if (r < 0.5 && depth < 3) return object();
    if (r < 0.7) return pick(functions());
    return kept.length > 0 ? pick(kept) : null;
  }

  return { keep, scalar, value };
};

// test/bridge/round-trip.test.ts: any value, both ways, by fast-check.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PyProxy } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();
type Call = (...args: unknown[]) => unknown;
const identity = py.runPython("lambda x: x") as Call;
const runs = { numRuns: Number(process.env["INMEM_FUZZ_RUNS"] ?? 400) };

/** Any sequence of code units: lone surrogates too. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 5e-324, 2 ** 53, -(2 ** 53), 2 ** 53 - 1, 2 ** 31, 2 ** 32, 2 ** 63, NaN),
);
/** Beyond what a number holds: a smaller one comes back as a number. */
const largeBigInt = fc
  .bigInt({ min: 2n ** 53n, max: 2n ** 600n })
  .chain((n) => fc.constantFrom(n, -n));
const scalar = fc.oneof(anyNumber, largeBigInt, anyText, fc.boolean(), fc.constant(null));

const tree = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(anyNumber, { maxLength: 30 }),
    fc.array(tie("value"), { maxLength: 6 }),
    // Keys that Python keeps apart: texts.
    fc.array(fc.tuple(anyText, tie("value")), { maxLength: 6 }).map((pairs) => new Map(pairs)),
    fc.array(anyText, { maxLength: 6 }).map((items) => new Set(items)),
    fc.date({
      min: new Date(-62135596800000),
      max: new Date(253402300799999),
      noInvalidDate: true,
    }),
    fc.float64Array(),
    fc.int16Array(),
    fc.bigUint64Array(),
    fc.uint8Array(),
  ),
})).value;

const back = (value: unknown): unknown =>
  api.isPyProxy(value) ? (value as PyProxy).toJs() : value;

describe("any value of JavaScript", () => {
  it("comes back from Python as it was: scalars", () => {
    fc.assert(
      fc.property(scalar, (value) => Object.is(identity(value), value)),
      runs,
    );
  });

  it("comes back as it was: copies, of copies", () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(back(py.toPy(value))).toStrictEqual(value);
      }),
      runs,
    );
  });

  it("is the same by converters of the program's own", () => {
    fc.assert(
      fc.property(tree, (value) => {
        const copy = py.toPy(value, { defaultConverter: (x) => x });
        const again = api.isPyProxy(copy)
          ? copy.toJs({ eager_converter: (x, convert) => convert(x) })
          : copy;
        expect(again).toStrictEqual(value);
      }),
      runs,
    );
  });

  it("is what Python wrote, where Python writes it", () => {
    const repr = py.runPython("repr") as Call;
    const parse = py.runPython("import ast\nast.literal_eval") as Call;
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 20 }), (values) => {
        const finite = values.filter((x) => typeof x !== "number" || Number.isFinite(x));
        const parsed = parse(repr(py.toPy(finite))) as PyProxy;
        expect(parsed.toJs()).toStrictEqual(finite);
      }),
      runs,
    );
  });

  it("gives or throws, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withSparseArray: true,
          withNullPrototype: true,
          withBoxedValues: true,
          withObjectString: true,
        }),
        (value) => {
          try {
            const copy = py.toPy(value);
            if (api.isPyProxy(copy)) copy.toJs();
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
      runs,
    );
  });
});

describe("any value of Python", () => {
  const make = py.runPython(`
import random
def make(seed):
  r = random.Random(seed)
  def value(depth):
    kind = r.randrange(14 if depth else 9)
    match kind:
      case 0: return r.randrange(-10, 10)
      case 1: return r.randrange(-2**80, 2**80)
      case 2: return r.uniform(-1, 1) * 10.0 ** r.randrange(-320, 300) or 0.5
      case 3: return r.choice((True, False, None))
      case 4: return ''.join(chr(r.choice((97, 0, 255, 0x100, 0x1f600, 0x10ffff))) for _ in range(r.randrange(30)))
      case 5: return r.choice((float('inf'), float('-inf'), -0.0, 5e-324, 0.1))
      case 6: return memoryview(r.randbytes(r.randrange(20)))
      case 7: return 2**53 + r.randrange(-2, 3)
      case 8: return chr(0xd800 + r.randrange(0x800)) + 'x'
      case 9 | 10: return [value(depth - 1) for _ in range(r.randrange(8))]
      case 11: return {str(i): value(depth - 1) for i in range(r.randrange(6))}
      case 12: return {r.randrange(100) for _ in range(r.randrange(6))}
      case 13: return [r.randrange(10**6) for _ in range(r.randrange(50))]
  return value(4)
def alike(a, b):
  if isinstance(a, list): return isinstance(b, list) and len(a) == len(b) and all(map(alike, a, b))
  if isinstance(a, dict): return isinstance(b, dict) and list(a) == list(b) and all(map(alike, a.values(), b.values()))
  if isinstance(a, float) and a.is_integer() and abs(a) < 2**53 and str(a) != '-0.0': return a == b
  if isinstance(a, (memoryview, set)): return type(a) is type(b) and a == b
  return type(a) is type(b) and a == b and repr(a) == repr(b)
def box(seed): return [make(seed)]
box`) as Call;
  const alike = py.runPython("lambda seed, b: alike(box(seed), b)") as Call;

  it("comes back from JavaScript as it was", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), (seed) => {
        const copy = (make(seed) as PyProxy).toJs();
        return alike(seed, py.toPy(copy)) === true;
      }),
      runs,
    );
  });
});

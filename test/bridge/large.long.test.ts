// test/bridge/large.long.test.ts: text and lists as large as JavaScript has them, and larger.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";

const py = await api.start();
/** V8's limit for a string. */
const LONGEST = 2 ** 29 - 24;

describe("text beyond V8's limit", () => {
  it("is a string up to there, and a proxy beyond, alone, in a tuple and in toJs()", () => {
    const text = py.runPython(`text = 'a' * ${LONGEST}\ntext`) as string;
    expect([typeof text, text.length, text.at(-1)]).toEqual(["string", LONGEST, "a"]);
    py.runPython("text += 'b'");
    const alone = py.runPython("text");
    expect(api.isPyProxy(alone)).toBe(true);
    // By `===`: a matcher would look at each character.
    expect((py.runPython("(text,)") as unknown[])[0] === alone).toBe(true);
    const list = py.runPython("[text, 'short']") as { toJs(): unknown[] };
    const copied = list.toJs();
    expect([copied[0] === alone, copied[1]]).toEqual([true, "short"]);
    const sliced = py.runPython("text[-1:]");
    expect(sliced).toBe("b");
    expect(() => String(alone)).toThrow(/OverflowError|longer than a string of JavaScript/);
    py.runPython("del text");
  });

  it("is counted in units of UTF-16", () => {
    const half = py.runPython(`text = '\\U0001f600' * ${LONGEST / 2}\ntext`) as string;
    expect([half.length, half.slice(-2)]).toEqual([LONGEST, "\u{1F600}"]);
    expect(api.isPyProxy(py.runPython("text + '.'"))).toBe(true);
    py.runPython("del text");
  });
});

describe("long lists", () => {
  it("become arrays that V8 has as such", () => {
    const list = py.runPython("[1.5] * 36_000_000") as { toJs(): number[] };
    const began = performance.now();
    const array = list.toJs();
    expect([array.length, array.at(-1)]).toEqual([36_000_000, 1.5]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

// test/bridge/exact.test.ts: tuple() and bytes(): for functions of Python's that take nothing else.
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { api, py as text } from "../helpers/python.js";

const { tuple, bytes, kwargs, start } = api;
const py = await start();
const tell = py.runPython(text`
  def tell(value):
      return f"{type(value).__name__} {value!r}"
  tell
`) as ((value: unknown) => string) & {
  callKwargs(words: object): string;
  callAsync(value: unknown): Promise<string>;
};
const asked = py.runPython(text`
  def asked(object):
      return tell(object.value), tell(object.read(3)), tell(next(iter(object.each())))
  asked
`) as (object: object) => string[];

describe("a tuple", () => {
  it("is one wherever it crosses", async () => {
    expect(tell(tuple([1, "a", null]))).toBe("tuple (1, 'a', None)");
    expect(tell(tuple(new Set([2.5])))).toBe("tuple (2.5,)");
    expect(tell(tuple([]))).toBe("tuple ()");
    expect(tell.callKwargs({ value: tuple([tuple([1])]) })).toBe("tuple ((1,),)");
    expect(await tell.callAsync(tuple([1]))).toBe("tuple (1,)");
    expect(py.py`tell(${tuple([1])})`).toBe("tuple (1,)");
    expect(tell(py.toPy([tuple([1, [2]]), { a: tuple([3]) }]))).toBe(
      "list [(1, [2]), {'a': (3,)}]",
    );
    expect(tell(py.toPy(tuple([1, [2, tuple([3])]])))).toBe("tuple (1, [2, (3,)])");
  });

  it("has what is in it by reference, as an argument", () => {
    const inner = { a: 1 };
    const [given] = py.py`(lambda x: x)(${tuple([inner])})` as [unknown];
    expect(given).toBe(inner);
  });

  it("comes from JavaScript's functions and objects", async () => {
    const object = {
      value: tuple([1]),
      read: (count: number) => bytes(Buffer.from("abcdef").subarray(0, count)),
      each: () => [tuple([2])],
    };
    expect(asked(object)).toEqual(["tuple (1,)", "bytes b'abc'", "tuple (2,)"]);
    const awaited = await py.runPythonAsync(
      "async def told(f):\n  return tell(await f())\nawait told(f)",
      { globals: py.toPy({ f: async () => bytes(Buffer.from("x")), tell }) as never },
    );
    expect(awaited).toBe("bytes b'x'");
  });

  it("finds a dict's", () => {
    const dict = py.runPython("{(1, 2): 'a', b'k': 'b'}") as { get(key: unknown): unknown };
    expect(dict.get(tuple([1, 2]))).toBe("a");
    expect(dict.get(bytes(Buffer.from("k")))).toBe("b");
  });

  it("is an Array that does not change, and what is made of it is any Array", () => {
    const values = tuple([1, 2]);
    expect(Array.isArray(values) && Object.isFrozen(values)).toBe(true);
    expect([...values]).toEqual([1, 2]);
    expect(tell(values.map((x) => x + 1))).toBe("JsArray [ 2, 3 ]");
  });

  it("takes a converter's word for what is in it", () => {
    class Odd {}
    const made = py.toPy(tuple([new Odd(), [new Odd()], bytes(Buffer.from("b"))]), {
      defaultConverter: () => 7,
    });
    expect(tell(made)).toBe("tuple (7, [7], b'b')");
  });
});

describe("bytes", () => {
  it("are bytes, a copy of the memory as it is when they cross", () => {
    const data = Buffer.from("abc");
    const value = bytes(data);
    expect(tell(value)).toBe("bytes b'abc'");
    data[0] = 120;
    expect(tell(value)).toBe("bytes b'xbc'");
    expect(tell(value.subarray(1))).toMatch(/^JsBuffer /);
    expect(tell(py.toPy([value]))).toBe("list [b'xbc']");
    expect(tell(py.toPy(value))).toBe("bytes b'xbc'");
  });

  it("are those of any memory", () => {
    expect(tell(bytes(new Uint16Array([1, 2]).subarray(1)))).toBe("bytes b'\\x02\\x00'");
    expect(tell(bytes(new DataView(new ArrayBuffer(3), 1)))).toBe("bytes b'\\x00\\x00'");
    expect(tell(bytes(new SharedArrayBuffer(1)))).toBe("bytes b'\\x00'");
    expect(tell(bytes(new ArrayBuffer(0)))).toBe("bytes b''");
  });

  it("are what Python's own library wants", () => {
    const key = bytes(Buffer.from("k"));
    const mac = py.runPython("import hmac; hmac.new") as (...of: unknown[]) => Mac;
    expect(mac(key, bytes(Buffer.from("m")), "sha256").hexdigest()).toBe(
      createHmac("sha256", "k").update("m").digest("hex"),
    );
    expect(() => py.py`hmac.new(${Buffer.from("k")}, b"m", "sha256")`).toThrow("bytes");
  });

  it("are what a JavaScript object gives that Python reads as a file", () => {
    const data = py.runPython(text`
      import io, zipfile
      out = io.BytesIO()
      with zipfile.ZipFile(out, "w") as zip:
          zip.writestr("a.txt", "hello")
      out.getvalue()
    `) as Uint8Array;
    expect(py.py`zipfile.ZipFile(${new File(data)}).read("a.txt").decode()`).toBe("hello");
  });
});

interface Mac {
  hexdigest(): string;
}

class File {
  #at = 0;
  constructor(readonly data: Uint8Array) {}
  seekable(): boolean {
    return true;
  }
  tell(): number {
    return this.#at;
  }
  seek(offset: number, from = 0): number {
    this.#at = offset + ([0, this.#at, this.data.length][from] as number);
    return this.#at;
  }
  read(count = -1): Uint8Array {
    const part = this.data.subarray(this.#at, count < 0 ? undefined : this.#at + count);
    this.#at += part.length;
    return bytes(part);
  }
}

// orjson.dumps(value, default=...) finds its names by address.
it("names of keyword arguments are the very strings that Python's own calls have", async () => {
  const same = py.runPython(text`
    known = "keyword_known"
    lambda **words: [name is known for name in words]
  `) as typeof tell & ((words: unknown) => Iterable<boolean>);
  expect([...same.callKwargs({ keyword_known: 1 })]).toEqual([true]);
  expect([...same(kwargs({ keyword_known: 1 }))]).toEqual([true]);
  expect([...(await same.callAsync(kwargs({ keyword_known: 1 })))]).toEqual([true]);
});

describe("what is neither", () => {
  it("is a TypeError", () => {
    for (const wrong of [undefined, null, 5, "ab", {}, kwargs({})]) {
      expect(() => tuple(wrong as never)).toThrow(TypeError);
      expect(() => bytes(wrong as never)).toThrow(TypeError);
    }
    expect(() => tell(tuple([Symbol("s")]))).toThrow(TypeError);
  });
});

// test/bridge/errors.test.ts: exceptions that are hard to tell of.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { PythonError } from "../../lib/index.js";
import { api } from "../helpers/python.js";

const py = await api.start();

type Told = PythonError & { readonly errors?: readonly Told[]; readonly cause?: Told };

function thrownBy(code: string): Told {
  try {
    py.runPython(code);
  } catch (error) {
    return error as Told;
  }
  throw new Error("nothing was raised");
}

describe("groups", () => {
  it.each(["raise ValueError('no')", "return (self,)", "return 5"])(
    "are told of as they were made, where the class has its own `exceptions`: %s",
    (body) => {
      const error = thrownBy(`
class Group(ExceptionGroup):
    @property
    def exceptions(self): ${body}
raise Group("several", [KeyError("k"), TypeError("t")])`);
      expect([error.type, error.errors?.map((part) => part.type)]).toEqual([
        "Group",
        ["KeyError", "TypeError"],
      ]);
      expect(error.traceback).toContain("Group: several");
    },
  );

  it("have one error for an exception that is in them twice", () => {
    const error = thrownBy(`
one = KeyError("one")
inner = ExceptionGroup("inner", [one])
raise ExceptionGroup("outer", [one, inner, inner]) from one`);
    const [first, second, third] = error.errors ?? [];
    expect(error.cause).toBe(first);
    expect(third).toBe(second);
    expect(second?.errors?.[0]).toBe(first);
  });
});

describe("causes", () => {
  it("that come round again are the error itself", () => {
    const error = thrownBy(`
a, b = ValueError("a"), KeyError("b")
a.__cause__, b.__cause__ = b, a
raise a`);
    expect(error.cause?.type).toBe("KeyError");
    expect(error.cause?.cause).toBe(error);
    expect(inspect(error)).toContain("Circular");
  });
});

describe("exceptions that resist", () => {
  it.each([
    ["__str__ raises", "def __str__(self): raise self", "<exception str() failed>"],
    ["__str__ gives no text", "def __str__(self): return 5", "<exception str() failed>"],
    ["__notes__ is no list", "__notes__ = 5", "text"],
    ["__repr__ raises", "def __repr__(self): raise self", "text"],
    ["attributes raise", "def __getattr__(self, name): raise RuntimeError(name)", "text"],
  ])("are told of as well: %s", (_, member, message) => {
    const error = thrownBy(`
class Odd(Exception):
    ${member}
raise Odd("text")`);
    expect(error).toBeInstanceOf(api.PythonError);
    expect([error.type, error.message]).toEqual(["Odd", message]);
    expect(error.traceback).toContain("Odd");
  });

  it("have the beginning of a message that is too long for a string of JavaScript", () => {
    const error = thrownBy("raise ValueError('a' * (2**26 + 5))");
    expect(error.message.slice(-30)).toBe("aaaaaaaaa... 5 more characters");
  });
});

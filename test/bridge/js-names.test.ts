// test/bridge/js-names.test.ts: names of JavaScript's members and modules in Python; variables of a later start().
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { of, ran } from "../helpers/python-code.js";

const py = await api.start();

describe("names", () => {
  it("are told as Python writes them, without the numbers of items", () => {
    const array = Object.assign([1, 2], { extra: 1, async: 2 });
    expect(
      of(
        "[n for n in dir(x) if n in ('0', '1', 'extra', 'async', 'async_')] == ['async_', 'extra']",
        array,
      ),
    ).toBe(true);
    expect(of("'0' in dir(x), 'byteLength' in dir(x)", new Uint8Array(4))).toEqual([false, true]);
  });

  it("that Python has itself cannot be set: what was set would never be read", () => {
    const object: Record<string, unknown> = {};
    for (const name of ["typeof", "to_py", "__class__"]) {
      expect(() => of(`setattr(x, '${name}', 1)`, object)).toThrow(
        /is Python's own \(expected as_object_map/,
      );
    }
    ran("x.as_object_map()['typeof'] = 1\nx.get = 2", object);
    expect(object).toEqual({ typeof: 1, get: 2 });
    expect(() => of("setattr(x, 'append', 1)", [])).toThrow(
      /'append' of inmem.ffi.JsArray is Python's own/,
    );
  });

  it("of an error are the exception's, too", () => {
    const caught =
      "try: x()\nexcept Exception as error: return error.name, error.message, 'at ' in error.stack";
    expect(
      ran(caught, () => {
        throw new RangeError("far");
      }),
    ).toEqual(["RangeError", "far", true]);
  });

  it("of a module are those that `__all__` tells; they can be deleted", () => {
    py.registerJsModule("told_of_js", { a: 1, b: 2, __all__: ["a"] });
    expect(
      ran(
        "names = {}\nexec('from told_of_js import *', names)\nreturn 'a' in names, 'b' in names",
        0,
      ),
    ).toEqual([true, false]);
    const members: Record<string, unknown> = { gone: 1 };
    py.registerJsModule("told_of_js", members);
    ran("import told_of_js\ndel told_of_js.gone", 0);
    expect("gone" in members).toBe(false);
    py.unregisterJsModule("told_of_js");
  });

  it("of Python's library are no module of JavaScript's, imported or not", () => {
    expect(() => py.registerJsModule("xdrlib_of_js.tomllib", {})).not.toThrow();
    expect(() => py.registerJsModule("nntplib", {})).not.toThrow(); // left the library
    expect(() => py.registerJsModule("mailbox", {})).toThrow(/Python has a module of that name/);
    py.unregisterJsModule("nntplib");
    py.unregisterJsModule("xdrlib_of_js.tomllib");
  });
});

describe("start() again", () => {
  it("tells Python of its variables", async () => {
    py.runPython("import os");
    await api.start({ env: { INMEM_TEST_LATER: "here" } });
    expect(
      py.runPython("os.environ.get('INMEM_TEST_LATER'), os.getenv('INMEM_TEST_LATER')"),
    ).toEqual(["here", "here"]);
    await api.start({ env: { INMEM_TEST_LATER: undefined } });
    expect(py.runPython("os.environ.get('INMEM_TEST_LATER')")).toBe(null);
  });
});

describe("destroy_proxies()", () => {
  it("destroys those that to_js() made", () => {
    const told = ran(
      "from inmem.ffi import to_js, destroy_proxies\nfrom js import Array\nmade = Array.new()\ncopy = to_js([object()], pyproxies=made)\ndestroy_proxies(made)\nreturn copy",
      0,
    ) as object[];
    expect(() => (told[0] as { type: string }).type).toThrow(/already been destroyed/);
  });
});

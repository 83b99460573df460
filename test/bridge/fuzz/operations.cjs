// test/bridge/fuzz/operations.cjs: what the fuzz program does at random.
"use strict";
const { inspect } = require("node:util");

/** What a proxy of Python's is, or may seem to be. */
const isObject = (x) => (typeof x === "object" || typeof x === "function") && x !== null;

function transfer(view) {
  if (!ArrayBuffer.isView(view) || view instanceof Buffer) return;
  structuredClone(view.buffer, { transfer: [view.buffer] });
}

/**
 * Functions without arguments, each an operation that may throw anything.
 * @param world () => { py, functions } of the interpreter whose turn it is
 */
module.exports = function makeOperations({ random, below, pick }, { keep, scalar, value }, world) {
  const some = (most) => Array.from({ length: below(most) }, value);
  const python = (code) => world().py.runPython(code);
  const anyFunction = () => pick(world().functions);
  const isFunctionOfOurs = (x) => world().functions.includes(x);
  const lengths = () =>
    Array.from({ length: below(4) }, () => (random() < 0.8 ? below(6) : value()));

  const calls = [
    () => keep(anyFunction()(...some(4))),
    () => keep(anyFunction().callKwargs(value(), { [String(below(3))]: value() })),
    () => {
      const F = value();
      if (typeof F === "function") keep(new F(value()));
    },
    () => keep(world().py.py`${value()} == ${value()}`),
    () => keep(world().py.with(value(), value())),
    () => keep(python("keep(give())")),
    () => keep(python(pick(["1/0", "give()", "[i for i in range(9)]", "x = give(); x"]))),
    () => keep(python(`import m${below(3)} as m; [getattr(m, n, None) for n in dir(m)[:3]]`)),
    () => {
      const options = pick([{ timeout: below(30) }, { signal: AbortSignal.abort() }, value()]);
      keep(anyFunction().callWithOptions(options, value(), value()));
    },
  ];

  const uses = [
    (x) =>
      keep(
        x[
          pick(["a", "value", "bad", "length", "append", "get", "toJs", "destroy", "then", "$get"])
        ],
      ),
    (x) => {
      x[pick(["a", "value", "b"])] = value();
    },
    (x) => typeof x.toJs === "function" && keep(x.toJs({ depth: below(4) - 1 })),
    (x) => typeof x.destroy === "function" && !isFunctionOfOurs(x) && x.destroy(),
    (x) => {
      if (typeof x[Symbol.iterator] !== "function") return;
      let n = 0;
      for (const item of x) {
        keep(item);
        if (++n > 5) break;
      }
    },
    (x) => typeof x.release === "function" && x.release(),
    (x) => {
      if (typeof x.getBuffer !== "function") return;
      const view = x.getBuffer(
        pick([undefined, undefined, "u8", "f64", "i16", "dataview", "f16", value()]),
        pick([undefined, { copy: true }, { copy: false }]),
      );
      keep(view);
      keep(view.data);
      if (view.data.length > 0) view.data[0] = view.data[view.data.length - 1];
    },
    (x) => {
      const name = pick(["push", "splice", "fill", "copyWithin", "shift", "callRelaxed"]);
      keep(x[name]?.(value(), below(3), value()));
    },
    transfer,
    (x) => x.buffer?.resizable && x.buffer.resize(below(32)),
    (x) => String(x),
    (x) => inspect(x),
    (x) => JSON.stringify(x),
    (x) => Object.keys(x),
  ];

  const waits = [
    () =>
      anyFunction()
        .callAsync?.(...some(3))
        .then(keep, () => {}),
    () => {
      const x = value();
      if (isObject(x) && typeof x.then === "function") x.then(keep, () => {});
    },
    () => {
      const options = pick([{ timeout: below(30) }, { signal: AbortSignal.timeout(below(30)) }]);
      anyFunction()
        .callAsyncWithOptions(options, value(), value())
        .then(keep, () => {});
    },
    () => {
      const x = value();
      if (!isObject(x) || typeof x[Symbol.asyncIterator] !== "function") return;
      (async () => {
        for await (const item of x) {
          keep(item);
          if (random() < 0.3) break;
        }
      })().catch(() => {});
    },
    () => keep(world().py.toPy(new ReadableStream({ pull: (to) => to.enqueue(value()) }))),
    () => {
      const { py } = world();
      const web = pick([(app) => py.asgi(app), (app) => py.wsgi(app)])(anyFunction());
      Promise.resolve(web.fetch(new Request("http://a/"))).then(
        (response) => response.text().then(keep),
        () => {},
      );
    },
  ];

  /** asBuffer(), with an array and options of all kinds. */
  function asBuffer() {
    const made = () => new (pick([Uint8Array, Int16Array, Float64Array]))(below(40));
    const data = random() < 0.5 ? made() : value();
    const options = pick([
      undefined,
      value(),
      { shape: lengths(), offset: pick(lengths()) },
      { shape: lengths(), strides: lengths(), readonly: random() < 0.5 },
      {
        shape: [2],
        format: pick(["B", "=d", "T{h:a:B:b:}", "(2)B", "8", scalar()]),
        itemsize: pick(lengths()),
      },
      {
        get shape() {
          transfer(data);
          return lengths();
        },
      },
    ]);
    const view = keep(world().py.asBuffer(data, options));
    keep(anyFunction()(view));
    if (data[0] !== undefined) data[0] = data[data.length - 1];
  }

  const others = [
    asBuffer,
    () => keep(world().py.toPy(value(), { depth: below(4) - 1 })),
    () => {
      const defaultConverter = (x, to) => (below(9) ? x : to(value()));
      keep(world().py.toPy(value(), { defaultConverter }));
    },
    () => keep(world().py.globals.get(pick(["kept", "Odd", "none"]))),
    () => world().py.registerJsModule(`m${below(3)}`, value()),
    () => keep(world().py.mount(pick(["/nowhere.zip", value()]))),
    () => world().py.setUnraisableHook(pick([null, () => {}, value()])),
    () => random() < 0.02 && globalThis.gc?.(),
  ];

  return [
    ...calls,
    ...waits,
    ...others,
    ...uses.map((use) => () => {
      const x = value();
      if (isObject(x)) use(x);
    }),
  ];
};

// test/bridge/fuzz-program.cjs: random operations on both sides of the bridge; only a crash, or what is said at the end, is a failure.
//
// usage: node --expose-gc test/bridge/fuzz-program.cjs SECONDS [SEED]
"use strict";
const { join } = require("node:path");
const api = require(join(__dirname, "..", "..", "dist", "index.js"));

const seconds = Number(process.argv[2] ?? 30);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
console.log(`seed ${seed}`);

// Source: the well-known generator mulberry32.
let state = seed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const python = `
import gc, random
kept = []
class Odd:
    def __init__(self, value=None): self.value = value
    def __getattr__(self, name):
        if name.startswith("bad"): raise ValueError(name)
        raise AttributeError(name)
    def __len__(self): return -1 if self.value == "length" else 3
    def __getitem__(self, key):
        if key == 2: raise IndexError
        return kept[-1] if kept else key
    def __eq__(self, other): raise RuntimeError("no comparison")
    def __hash__(self): return 5
    def __repr__(self): raise RuntimeError("no repr")
    def __del__(self): kept[:] = kept[-20:]
# Nothing here may take for ever, or all memory: that would be Python's right.
def small(n): return min(n, 20) if isinstance(n, int) else n
def begin(x): return iter(x)
def octets(x): return bytes(small(x))
def array(x): return bytearray(small(x))
FORMATS = "bBhHiIqQfd?c"
def grid(n, f):
    import itertools
    letter = FORMATS[hash(f) % len(FORMATS)] if f is not None else "d"
    rows = small(n) if isinstance(n, int) and n > 0 else 2
    view = memoryview(bytearray(8 * 6 * rows)).cast(letter)
    return view.cast("B").cast(letter, (rows, 2, view.nbytes // view.itemsize // rows // 2))
def strided(x): return memoryview(x)[::-2]
def grow(x):
    x.append(1)
    return len(x)
def write(x):
    view = memoryview(x)
    view[0] = view[-1]
    return view.format, view.shape
def touch(x): return memoryview(x).tobytes()[-9:]
async def each(n):
    for i in range(small(n)):
        yield kept[-1] if kept else i
async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": bytes(3)})
def wsgi(environ, start):
    start("200 OK", [])
    return [b"abc"]
def keep(value):
    kept.append(value)
    del kept[:-20]
    return value
def give(): return random.choice(kept) if kept else None
def call(f, *args, **kw): return f(*args, **kw)
def call_all(fs, *args): return [f(*args) for f in fs]
def attributes(x): return [getattr(x, n, None) for n in list(dir(x))[:5]]
def items(x): return list(zip(range(5), x))
def generate(n):
    for i in range(small(n)):
        got = yield kept[-1] if kept else i
        if got: keep(got)
def fail(x): raise ValueError(x)
def reraise(f, *a):
    try: return f(*a)
    except BaseException as e: keep(e); raise KeyError("again") from e
def mutate(x, y):
    x.a = y
    x["k"] = y
    del x.a
def nested(n, x): return [nested(small(n) - 1, x), x] if n else x
async def later(x):
    import asyncio
    await asyncio.sleep(0)
    return x
def collect(): return gc.collect()
def members(x): return [*x.as_object_map(hereditary=True).items()][:5]
def change(x, y): x[:5] = [y]; x.pop(); return x == y
(grid, strided, grow, write, touch, each, asgi, wsgi, keep, give, call, call_all, attributes, items, generate, fail, reraise, mutate, nested, later, collect, members, change,
 Odd, len, repr, str, list, dict, tuple, set, frozenset, begin, next, sorted, isinstance, type, id, hash, getattr, setattr, hasattr, octets, array, memoryview, int, float, bool, sum, max, zip, map, filter, enumerate)
`;

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

async function main() {
  const py = await api.start();
  const functions = [...py.runPython(python)];
  const values = [];
  const keep = (value) => {
    if (values.length < 64) values.push(value);
    else values[below(64)] = value;
    return value;
  };
  const scalar = () =>
    pick([
      () => undefined,
      () => null,
      () => random() < 0.5,
      () => below(10),
      () => random() * 1e300,
      () => pick([Number.NaN, -0, Number.POSITIVE_INFINITY, 2 ** 53, -(2 ** 31)]),
      () => BigInt(below(1000)) ** BigInt(below(40)),
      () =>
        pick([
          "",
          "a",
          "length",
          "bad",
          "__class__",
          "\ud800",
          "\u{1F600}",
          "x".repeat(below(300)),
        ]),
      () => Symbol("s"),
    ])();
  const object = () =>
    pick([
      () => ({ a: value(), b: 1 }),
      () => Array.from({ length: below(6) }, value),
      () => new Map([[value(), value()]]),
      () => new Set([value()]),
      () => new Date(below(1e12)),
      () => new Uint8Array(below(20)),
      () => new Float64Array(below(20)),
      () => new ArrayBuffer(below(20)),
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
    ])();
  const value = () => {
    const r = random();
    if (r < 0.3) return scalar();
    if (r < 0.5 && depth < 3) {
      depth++;
      try {
        return object();
      } finally {
        depth--;
      }
    }
    if (r < 0.7) return pick(functions);
    return values.length > 0 ? pick(values) : null;
  };
  let depth = 0;
  let calls = 0;
  const callback = (...args) => {
    for (const arg of args.slice(0, 2)) keep(arg);
    if (++calls % 7 === 0)
      throw pick([
        new Error("callback"),
        new api.InmemError("ERR_INMEM_PYTHON", "x"),
        "text",
        null,
      ]);
    if (calls % 5 === 0 && depth < 4) step();
    return value();
  };
  const isProxy = (x) => (typeof x === "object" || typeof x === "function") && x !== null;
  const operations = [
    () => keep(pick(functions)(...Array.from({ length: below(4) }, value))),
    () => keep(pick(functions).callKwargs(value(), { [String(below(3))]: value() })),
    () => keep(py.toPy(value(), { depth: below(4) - 1 })),
    () => keep(py.runPython("keep(give())")),
    () => {
      const x = value();
      if (isProxy(x))
        keep(
          x[
            pick([
              "a",
              "value",
              "bad",
              "length",
              "append",
              "get",
              "toJs",
              "destroy",
              "then",
              "$get",
            ])
          ],
        );
    },
    () => {
      const x = value();
      if (isProxy(x)) x[pick(["a", "value", "b"])] = value();
    },
    () => {
      const x = value();
      if (isProxy(x) && typeof x.toJs === "function") keep(x.toJs({ depth: below(4) - 1 }));
    },
    () => {
      const x = value();
      if (isProxy(x) && typeof x.destroy === "function" && !functions.includes(x)) x.destroy();
    },
    () => {
      const x = value();
      if (isProxy(x) && typeof x[Symbol.iterator] === "function") {
        let n = 0;
        for (const item of x) {
          keep(item);
          if (++n > 5) break;
        }
      }
    },
    () => {
      const name = pick(["push", "splice", "fill", "copyWithin", "shift", "callRelaxed"]);
      keep(value()?.[name]?.(value(), below(3), value()));
    },
    () => keep(py.toPy(value(), { defaultConverter: (x, to) => (below(9) ? x : to(value())) })),
    () => String(value()),
    () => require("node:util").inspect(value()),
    () => JSON.stringify(value()),
    () => Object.keys(value() ?? {}),
    () => {
      const f = pick(functions);
      f.callAsync?.(...Array.from({ length: below(3) }, value)).then(keep, () => {});
    },
    () => {
      const x = value();
      if (isProxy(x) && typeof x.then === "function") x.then(keep, () => {});
    },
    () => {
      const F = value();
      if (typeof F === "function") keep(new F(value()));
    },
    () => {
      if (random() < 0.02) globalThis.gc?.();
    },
    () => {
      const x = value();
      if (!isProxy(x) || typeof x.getBuffer !== "function") return;
      const view = x.getBuffer(
        pick([undefined, undefined, "u8", "f64", "i16", "dataview", "f16", value()]),
        pick([undefined, { copy: true }, { copy: false }]),
      );
      keep(view);
      keep(view.data);
      if (view.data.length > 0) view.data[0] = view.data[view.data.length - 1];
    },
    () => {
      const x = value();
      if (isProxy(x) && typeof x.release === "function") x.release();
    },
    () => {
      const x = value();
      if (ArrayBuffer.isView(x) && !(x instanceof Buffer)) {
        structuredClone(x.buffer, { transfer: [x.buffer] });
      }
    },
    () => {
      const options = pick([{ timeout: below(30) }, { signal: AbortSignal.abort() }, value()]);
      keep(pick(functions).callWithOptions(options, value(), value()));
    },
    () => {
      const options = pick([{ timeout: below(30) }, { signal: AbortSignal.timeout(below(30)) }]);
      pick(functions)
        .callAsyncWithOptions(options, value(), value())
        .then(keep, () => {});
    },
    () => {
      const x = value();
      if (!isProxy(x) || typeof x[Symbol.asyncIterator] !== "function") return;
      (async () => {
        for await (const item of x) {
          keep(item);
          if (random() < 0.3) break;
        }
      })().catch(() => {});
    },
    () => keep(py.toPy(new ReadableStream({ pull: (to) => to.enqueue(value()) }))),
    () => {
      const web = pick([py.asgi, py.wsgi])(pick(functions));
      Promise.resolve(web.fetch(new Request("http://a/"))).then(
        (response) => response.text().then(keep),
        () => {},
      );
    },
    () => {
      const made = () => new (pick([Uint8Array, Int16Array, Float64Array]))(below(40));
      const data = random() < 0.5 ? made() : value();
      const odd = () => (random() < 0.8 ? below(6) : value());
      const odds = () => Array.from({ length: below(4) }, odd);
      const options = pick([
        undefined,
        value(),
        { shape: odds(), offset: odd() },
        { shape: odds(), strides: odds(), readonly: random() < 0.5 },
        {
          shape: [2],
          format: pick(["B", "=d", "T{h:a:B:b:}", "(2)B", "8", scalar()]),
          itemsize: odd(),
        },
        {
          get shape() {
            if (ArrayBuffer.isView(data)) structuredClone(data.buffer, { transfer: [data.buffer] });
            return odds();
          },
        },
      ]);
      const view = keep(py.asBuffer(data, options));
      keep(pick(functions)(view));
      if (data[0] !== undefined) data[0] = data[data.length - 1];
    },
    () => keep(py.runPython(pick(["1/0", "give()", "[i for i in range(9)]", "x = give(); x"]))),
    () => keep(py.globals.get(pick(["kept", "Odd", "none"]))),
    () => keep(py.py`${value()} == ${value()}`),
    () => keep(py.with(value(), value())),
    () => py.registerJsModule(`m${below(3)}`, value()),
    () => keep(py.runPython(`import m${below(3)} as m; [getattr(m, n, None) for n in dir(m)[:3]]`)),
    () => keep(py.mount(pick(["/nowhere.zip", value()]))),
    () => py.setUnraisableHook(pick([null, () => {}, callback])),
  ];
  function step() {
    depth++;
    try {
      pick(operations)();
    } catch {
      // Any error will do.
    } finally {
      depth--;
    }
  }
  const end = Date.now() + seconds * 1000;
  let steps = 0;
  while (Date.now() < end) {
    for (let i = 0; i < 50; i++) {
      step();
      steps++;
    }
    await new Promise(setImmediate);
  }
  if (py.runPython("6 * 7") !== 42) throw new Error("Python does not answer");
  console.log(`${steps > 100 ? "ok" : "too few"}: ${steps} steps`);
}

process.on("unhandledRejection", () => {});
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);

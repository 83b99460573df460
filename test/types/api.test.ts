// test/types/api.test.ts: the API's own types: none is any, and TypeScript takes and refuses what the functions do.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../helpers/spawn-node.js";
import { complaints } from "./support.js";

const dist = join(packageRoot, "dist");

it("declares nothing as any", () => {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
  const declarations = files.filter((name) => /\.d\.m?ts$/.test(name));
  expect(declarations.length).toBeGreaterThan(50);
  // What the compiler infers stands in these files: any that it met would, too.
  const found = declarations.filter((name) => {
    const text = readFileSync(join(dist, name), "utf8");
    return /\bany\b/.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g, ""));
  });
  expect(found).toEqual([]);
});

/** What a declaration file names of the other ones. */
function imported(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const names = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from "\.[^"]*";$/gm)];
  return names.flatMap(([, list = ""]) => list.split(",")).map((name) => nameOf(name));
}

const nameOf = (text: string) =>
  text
    .trim()
    .replace(/^type /, "")
    .replace(/ as .*/, "");

/** What no program has in hand: parameters of constructors that are not for it, and the like. */
const internal = [
  ...["Crossing", "NativeJob", "CheckedOptions", "Binding", "ModuleReport", "AuditedArchive"],
  ...["JsObjects", "NativeBridge", "TapeExtras", "Exchange", "OnError", "NativeArchive"],
  ...["PackedEntry", "LargeContent", "NativeHost", "EntryKind"],
];

it("exports every type that its declarations name", () => {
  const index = readFileSync(join(packageRoot, "lib", "index.ts"), "utf8");
  const sources = [...index.matchAll(/from "\.\/([^"]+)\.js"/g)].map(([, name]) => name as string);
  const exported = new Set(
    [...index.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
      .flatMap(([, list = ""]) => list.split(","))
      .map(nameOf),
  );
  for (const [, name = ""] of index.matchAll(/export type \* from "\.\/([^"]+)\.js"/g)) {
    const text = ["call-types", ""].map((more) => {
      const path = more && name === "bridge/types" ? `bridge/${more}` : name;
      return readFileSync(join(dist, `${path}.d.ts`), "utf8");
    });
    for (const [, own = ""] of text.join("\n").matchAll(/^export (?:type|interface) (\w+)/gm)) {
      exported.add(own);
    }
  }
  const named = new Set(sources.flatMap((name) => imported(join(dist, `${name}.d.ts`))));
  const hidden = [...named].filter((name) => !exported.has(name) && !internal.includes(name));
  expect(hidden).toEqual([]);
});

const right = [
  "const r: { exitCode: number } = await api.run('a.pyz', { args: ['x'], signal: AbortSignal.timeout(5) }); r;",
  "const x: unknown = py.runPython('1', { timeout: 5 }); x;",
  "const x: Promise<unknown> = py.runPythonAsync('1', { signal: AbortSignal.timeout(5), filename: 'f' }); x;",
  "const g: api.PyDict<string> = py.globals; const v: unknown = g.get('x'); v;",
  "const s: number = py.pyimport<{ sqrt: (x: number) => number }>('math').sqrt(2); s;",
  "const m: api.PyModule = py.pyimport('math'); const n: string = m.__name__; n;",
  "const f = py.runPython('len') as api.PyCallable<number>; const n: number = f([1]); n;",
  "const f = py.runPython('len') as api.PyCallable<number>; const n: number = await f.callAsync([1]); n;",
  "const f = py.runPython('len') as api.PyCallable<number>; f.callKwargs([1], { a: 1 }).toFixed();",
  "const x: unknown = py.py`1 + 2`; x;",
  "const o: api.CallOptions = { timeout: 5 }; const t: api.ToPyOptions = { depth: 1 }; py.toPy([], t); o;",
  "const h: api.WebHandler = py.asgi('a:b', { rootPath: '/x', onError: (text: string) => void text }); h;",
  "createServer(py.wsgi('a:b')).on('upgrade', py.asgi('a:b').upgrade).listen(0);",
  "createHttp2(py.asgi('a:b')).listen(0);",
  "const r: Response = await py.asgi('a:b').fetch(new Request('http://x')); r;",
  "const app = py.pyimport<{ app: api.PyProxy }>('a').app; py.asgi(app, { webSocketServer: new WebSocketServer({ noServer: true }) });",
  "await py.asgi('a:b').ready(); await py.asgi('a:b').close();",
  "const e = new api.InmemError('ERR_INMEM_BUSY', 'x'); const c: api.InmemErrorCode = e.code; c;",
  "try { py.runPython('x'); } catch (e) { if (e instanceof api.PythonError) e.traceback.charAt(0); }",
  "const e: unknown = 1; if (e instanceof api.PythonError) { const n: string | undefined = e.errors?.[0]?.type; n; }",
  "const value: unknown = 1; if (api.isPyProxy(value)) { value.destroy(); const t: string = value.type; t; }",
  "{ using p = py.runPython('[]') as api.PyList<number>; p.append(1); const n: number = p.get(0); n; }",
  "const v = (py.runPython('x') as api.PyBuffer).getBuffer('f64'); const d: Float64Array = v.data; v.copied; d;",
  "const b: api.PyBuffer = py.asBuffer(new Float64Array(6), { shape: [2, 3], strides: [3, 1], offset: 0, format: 'd' }); b;",
  "const v = (py.runPython('x') as api.PyBuffer).getBuffer(); py.asBuffer(v.data, v); const o: api.AsBufferOptions = v; o;",
  "await api.start({ bundles: ['a.pyz', new Uint8Array()], stdout: { batched: (line: string) => void line }, stdin: () => null });",
  "py.registerJsModule('x', { a: 1 }); const p: string = py.mount('b.pyz'); py.unmount(p);",
  "const t: api.TypesResult = await api.types({ bundle: 'a.pyz', modules: ['x'] }); t.types.charAt(0);",
];

const wrong = [
  "await api.run(5);",
  "await api.run('a.pyz', { arg: ['x'] });",
  "await api.start({ bundle: 'a.pyz' });",
  "await api.start({ stdout: 5 });",
  "py.runPython(5);",
  "py.runPython('1', { timeout: '5' });",
  "py.runPython('1').x;",
  "py.pyimport('math').sqrt(2);",
  "py.globals.get('x').y;",
  "py.asgi(5);",
  "py.asgi('a:b', { rootPath: 5 });",
  "py.asgi('a:b', { webSocketServer: {} });",
  "py.wsgi('a:b').fetch('http://x');",
  "new api.InmemError('ERR_INMEM_ABSENT', 'x');",
  "const v: Float64Array = (py.runPython('x') as api.PyBuffer).getBuffer('i8').data; v;",
  "py.asBuffer([1, 2]);",
  "py.asBuffer(new Float64Array(6), { shape: 6 });",
  "api.kwargs(5);",
  "const p: api.PyList<number> = py.runPython('[]'); p;",
  "(py.runPython('[]') as api.PyList<number>).append('x');",
  "py.registerJsModule(5, {});",
];

it("is judged by TypeScript as the functions judge it", () => {
  const head = `import { createServer } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { WebSocketServer } from "ws";
import * as api from "inmem-python";
declare const py: api.Python;
export const used = [createServer, createHttp2, WebSocketServer, py];
`;
  const every = [...right, ...wrong].map((text, i) => `export async function f${i}() { ${text} }`);
  const said = complaints({ "use.ts": head + every.join("\n") });
  const first = head.split("\n").length;
  const lines = new Set(said.map((line) => Number(/^use\.ts\((\d+),/.exec(line)?.[1]) - first));
  expect({
    refused: right.filter((_, i) => lines.has(i)),
    taken: wrong.filter((_, i) => !lines.has(right.length + i)),
    elsewhere: said.filter((line) => !/^use\.ts|^ /.test(line)),
  }).toEqual({ refused: [], taken: [], elsewhere: [] });
});

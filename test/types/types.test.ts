// test/types/types.test.ts: declarations of an application: what TypeScript takes by them, and what it refuses.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { packageRoot, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";
import { misjudged } from "./support.js";

const folder = join(packageRoot, "test", "types", "fixtures", "app");
const source = (name: string) => readFileSync(join(folder, name));
const files = { "app.py": source("app.py"), "models.py": source("models.py") };

let declarations: string;

beforeAll(async () => {
  const result = await api.types({ bundle: makeZip(files), modules: ["app"] });
  expect(result.warnings).toEqual([]);
  declarations = result.types;
});

describe("what an application declares", () => {
  it("says nothing of any", () => {
    const code = declarations.replaceAll(/\/\*[\s\S]*?\*\/|"[^"]*"/g, "");
    expect(code).not.toMatch(/\bany\b/);
  });

  it("keeps docstrings, whatever is in them", () => {
    expect(declarations).toContain("  /**\n   * Adds.\n   *\n   * Two numbers *\\/ here.\n   */\n");
  });

  it("is judged by TypeScript as Python would judge it", () => {
    const judged = misjudged(declarations, { right, wrong });
    expect(judged).toEqual({ refused: [], taken: [], elsewhere: [] });
  });
});

const right = [
  // positions, keywords, rests
  "const n: number | bigint = m.add(1, 2n); n;",
  "m.add.callKwargs(1, { loud: true }); m.add.callKwargs({ a: 1, b: 2 });",
  "m.add(1, kwargs({ loud: true })); m.add(kwargs({ a: 1 }));",
  "m.greet('a', 'b', 'c'); m.greet.callKwargs('a', 'b', { anything: [] });",
  "m.only(1, 'x'); m.only.callKwargs(1, { b: 'x' });",
  "const f: number = m.kwonly.callKwargs({ x: 1 }); f; m.kwonly(kwargs({ x: 1, y: '' }));",
  "const u: unknown = m.untyped({}, []); u;",
  "const p: Promise<number | bigint> = m.add.callAsync(1); p;",
  // values
  "const v: '1.0' = m.VERSION; const l: number | bigint = m.LIMIT; v; l; m.names.append('x');",
  "m.delete('a'); m.delete(3); const yes: true = m.delete('b'); yes;",
  // generics and overloads
  "const a: string = m.ident('x' as string); const b: 5 = m.ident<5>(5); a; b;",
  "const a: string | null = m.first(['a', 'b']); const c: string = m.last(new Set(['x'])); a; c;",
  "const s: string = m.conv(1); const i: number | bigint = m.conv('x'); s; i;",
  "m.total(new Map([['a', 1]])).get('a')?.append(3n);",
  "const f = m.deco((a: number, b: string) => a + b.length); f(1, 'x').append(5);",
  "m.apply((a, b) => b === String(a), () => 'r')(1).charAt(0);",
  "m.each([1, 2], (n) => console.log(n)); m.each([1], async () => undefined);",
  "m.json(null); m.json(undefined); m.json('x'); const [x, y] = m.pair([1, 's']); x.charAt(0); y;",
  // what runs on
  "(await m.fetch('x')).subarray(1); for await (const s of m.stream(1)) s.charAt(0);",
  "for (const [i, s] of m.gen(1)) { const k: number | bigint = i; k; s.charAt(0); }",
  "const g = m.gen2(); g.next(); g.return(); g.throw(new Error());",
  // classes
  "const p: t.Point = m.Point(1); const q: t.Point = new m.Point(1, 2); p; q;",
  "m.Point.callKwargs({ x: 1, y: 2 }); const c: number | bigint = m.Point.count; c;",
  "const p = m.Point.origin(); p.size = 3; p.x += 1; const s: number = p.norm(); s;",
  "const q: t.Point = m.Point(1).$copy(); const r: t.Point = q.copy(); r;",
  "const p: t.Point3 = m.Point3(1, 2).$copy(); const s: string = p.norm(2); const o: t.Point3 = m.Point3.origin(); s; o;",
  "const st = m.Stack([1, 2]); const n: number = st.pop(); st.push(3); for (const e of st) e + n;",
  "const e: number = m.Stack([1]).get(0); const l: number = m.Stack([1]).length; e; l;",
  "m.Stack([1]).map((x) => String(x)).pop().charAt(0);",
  "const s: t.Stack<number | bigint> = m.IntStack([1n]); s.pop();",
  "const n: number | bigint = m.Adder(1)(2); m.Adder(1).callKwargs(2, { y: 3 }); n;",
  "m.shut({ close: () => undefined }, m.Point(1)); m.shut({ close() {} }, null, m.Point);",
  "const c: t.Color = m.Color.RED; const v: 1 | 'g' = c.value; c.label(); m.Color('g'); v;",
  "const c: t.Color = m.Color.get('GREEN'); for (const e of m.Color) e.name.length; c;",
  "const d = m.Movie.callKwargs({ title: 'x' }); const s: string | undefined = d.get('title'); s;",
  "const p = m.Pt(1); const y: string = p.y; const [first] = p; y; first;",
  "const n: t.Node | null = m.root.parent; m.root.children.get(0).children.length; n;",
  "const u: t.User = m.User('x'); const s: string = u.$type; u.point?.norm(); s;",
  "using u = m.User('x'); u.toString();",
  "m.opened('x').__enter__().name.charAt(0); const e: number | bigint = m.Err('x', 1).code; e;",
  "const d: unknown = m.decorated; const n: number | bigint = m.cached(1); d; n;",
  "const u: t.UserId = m.UserId(3); m.known(u);",
];

const wrong = [
  "m.add('1');",
  "m.add();",
  "m.add(1, 2, 3);",
  "m.add.callKwargs(1, { lod: true });",
  "m.add.callKwargs({ b: 1 });",
  "m.add.callKwargs(1, { a: 1 });",
  "m.add(1, kwargs({ loud: 3 }));",
  "m.greet('a', 1);",
  "m.only.callKwargs({ a: 1, b: 'x' });",
  "m.kwonly();",
  "m.kwonly.callKwargs({ y: '' });",
  "m.untyped(1).x;",
  "const p: Promise<string> = m.add.callAsync(1); p;",
  "m.names.append(1);",
  "m.delete('c');",
  "m.absent;",
  "m.first(5);",
  "m.conv(true);",
  "m.total({ a: 1 });",
  "m.deco((a: number) => a)('x');",
  "m.apply((a: string) => a === '', () => 1);",
  "m.pair(['x', 's']);",
  "(await m.fetch('x')).charAt(0);",
  "for (const s of m.stream(1)) s;",
  "m.Point('x');",
  "new m.Point();",
  "m.Point(1).size = 'x';",
  "m.Point(1).absent;",
  "m.Point3(1).norm('x');",
  "m.Stack([1]).push('x');",
  "m.IntStack(['x']);",
  "m.Adder(1)('x');",
  "m.shut({ open() {} });",
  "m.shut({ close() {} }, m.User('x'));",
  "m.Color.RED = m.Color.GREEN;",
  "m.Color('absent');",
  "m.Color.BLUE;",
  "m.Movie.callKwargs({ titel: 'x' });",
  "m.Movie.callKwargs({}).get('absent');",
  "m.Pt(1).x = 2;",
  "const s: t.User = m.Point(1); s;",
  "m.decorated(1);",
  "m.User('x').type = 'other';",
];

describe("what cannot be read", () => {
  it("is told with file and line, and the rest is written", async () => {
    const broken = { ...files, "broken.py": "x = 1\n\ndef f(:\n", "nul.py": "x = 1\0\n" };
    const result = await api.types({ bundle: makeZip(broken) });
    expect(result.modules).toEqual(["app", "broken", "models", "nul"]);
    expect(result.warnings).toEqual([
      { file: "broken.py", line: 3, message: expect.stringContaining("invalid syntax") },
      { file: "nul.py", line: 1, message: expect.stringContaining("null bytes") },
    ]);
    expect(result.types).toContain("export const add: ");
  });

  it("is a clear error for a module that is not there, and wrong options are", async () => {
    const bundle = makeZip(files);
    await expect(api.types({ bundle, modules: ["ap"] })).rejects.toMatchObject({
      code: "ERR_INMEM_NOT_FOUND",
      message: "a bundle in memory: there is no module ap (expected one of app, models)",
    });
    const empty = makeZip({ "x.txt": "" });
    await expect(api.types({ bundle: empty })).rejects.toMatchObject({
      code: "ERR_INMEM_NOT_FOUND",
    });
    const wrongOptions: [object | null, typeof TypeError | typeof RangeError][] = [
      [null, TypeError],
      [{}, TypeError],
      [{ bundle: 3 }, TypeError],
      [{ bundle, modules: "app" }, TypeError],
      [{ bundle, output: "app.ts" }, TypeError],
      [{ bundle, signal: {} }, TypeError],
      [{ bundle, module: ["app"] }, TypeError],
    ];
    for (const [options, kind] of wrongOptions) {
      await expect(api.types(options as { bundle: string })).rejects.toBeInstanceOf(kind);
    }
  });

  it("is an archive's own error where the bundle is none", async () => {
    const bundle = Buffer.from("no zip");
    await expect(api.types({ bundle })).rejects.toMatchObject({ code: "ERR_INMEM_NOT_ZIP" });
    await expect(api.types({ bundle: "/absent.pyz" })).rejects.toMatchObject({
      code: "ERR_INMEM_NOT_FOUND",
    });
  });

  it("ends when it is told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(api.types({ bundle: makeZip(files), signal })).rejects.toThrow("enough");
  });
});

describe("inmem-python types", () => {
  it("writes a file, and tells what it wrote and what it did not understand", async () => {
    const dir = tmpDir();
    writeFileSync(join(dir, "app.pyz"), makeZip({ ...files, "broken.py": "def" }));
    const one = await spawnCommand(["types", "app.pyz", "app", "-o", "app.d.ts"], { cwd: dir });
    expect(one).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^app\.d\.ts: 1 module, \d+ names\n$/),
    });
    expect(readFileSync(join(dir, "app.d.ts"), "utf8").split("\n").slice(1)).toEqual(
      declarations.split("\n").slice(1),
    );
    const all = await spawnCommand(["types", "app.pyz", "--json"], { cwd: dir });
    expect(JSON.parse(all.stdout)).toMatchObject({
      modules: ["app", "broken", "models"],
      warnings: [{ file: "broken.py", line: 1 }],
      types: expect.stringContaining('"models": typeof $models;'),
    });
    const quiet = await spawnCommand(["types", "app.pyz", "-q", "-o", "all.d.ts"], { cwd: dir });
    expect(quiet).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "warning: broken.py:1: not Python that can be read: invalid syntax\n",
    });
  });

  it("fails with a code where there is nothing to write, or no place for it", async () => {
    const dir = tmpDir();
    writeFileSync(join(dir, "app.pyz"), makeZip(files));
    const absent = await spawnCommand(["types", "app.pyz", "absent"], { cwd: dir });
    expect(absent).toMatchObject({ code: 2, stdout: "" });
    expect(absent.stderr).toContain("ERR_INMEM_NOT_FOUND: app.pyz: there is no module absent");
    const lost = await spawnCommand(["types", "app.pyz", "-o", "no/x.d.ts"], { cwd: dir });
    expect(lost.code).toBe(2);
    expect(lost.stderr).toContain("no/x.d.ts: cannot be written");
  });
});

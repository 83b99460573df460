// test/bridge/awaited.test.ts: objects that can be awaited and are more than a Promise: a pool, a connection that gives itself.
import { beforeAll, describe, expect, it } from "vitest";
import { api, py as text } from "../helpers/python.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";

const py = await api.start();

const pools = text`
  import asyncio

  class Pool:
      opened = 0
      def __await__(self):
          if self.opened:
              raise RuntimeError("opened already")
          self.opened += 1
          yield from asyncio.sleep(0).__await__()
          return self
      async def __aenter__(self):
          return await self
      async def __aexit__(self, *error):
          self.opened = 0

  class Later:
      def __init__(self, value):
          self.value = value
      def __await__(self):
          yield from asyncio.sleep(0).__await__()
          return self.value

  async def value(x):
      return x

  async def task():
      return asyncio.get_running_loop().create_task(value(5))

  async def opened():
      return await Pool()

  async def unopened():
      return Pool()
`;

interface Pool {
  readonly opened: number;
  then: unknown;
  finally(): Promise<unknown>;
}

interface Pools {
  Pool(): Pool & PromiseLike<Pool>;
  Later(value: unknown): PromiseLike<unknown>;
  value(x: unknown): Promise<unknown>;
  task(): Promise<unknown>;
  opened(): Promise<Pool>;
  unopened(): Promise<Pool>;
}

describe("what gives itself", () => {
  const p = {} as { [Name in keyof Pools]: Pools[Name] & { callAsync: Pools[Name] } };
  beforeAll(() => {
    py.runPython(pools);
    for (const name of ["Pool", "Later", "value", "task", "opened", "unopened"] as const) {
      Object.assign(p, { [name]: py.globals.get(name) });
    }
  });

  it("is itself, and no Promise from then on", async () => {
    const pool = p.Pool();
    expect(typeof pool.then).toBe("function");
    expect(await pool).toBe(pool);
    expect(pool.opened).toBe(1);
    expect(pool.then).toBe(undefined);
    expect("then" in pool).toBe(false);
    expect(await pool).toBe(pool);
    expect(await (async () => pool)()).toBe(pool);
    expect(await Promise.all([pool])).toEqual([pool]);
    expect(await p.value(pool)).toBe(pool);
  });

  it("is opened once by those who await it together", async () => {
    const pool = p.Pool();
    expect(await Promise.all([pool, pool, p.value.callAsync(pool)])).toEqual([pool, pool, pool]);
    expect(pool.opened).toBe(1);
  });

  it("is not awaited again where a coroutine, a call or code gives it", async () => {
    expect((await p.opened()).opened).toBe(1);
    expect((await p.opened.callAsync()).opened).toBe(1);
    expect((await p.Pool.callAsync()).opened).toBe(1);
    expect(((await py.runPythonAsync("await Pool()")) as Pool).opened).toBe(1);
  });

  it("is as Python's await gives it, opened or not; finally() opens it", async () => {
    const pool = await p.unopened();
    expect(pool.opened).toBe(0);
    expect(await pool.finally()).toBe(pool);
    expect(pool.opened).toBe(1);
    await expect(p.Later(p.Later(3))).resolves.toMatchObject({ value: 3 });
  });

  it("is what `async with` gives", async () => {
    const opened = await py.withAsync(p.Pool() as never, async (value) => {
      const pool = (await value) as Pool;
      expect(pool).toBe(value);
      return pool.opened;
    });
    expect(opened).toBe(1);
  });

  it("does not change what a Promise of a Promise gives", async () => {
    expect(await p.value(p.value(4))).toBe(4);
    expect(await p.task()).toBe(5);
    expect(await p.value(Promise.resolve(6))).toBe(6);
    expect(await p.Later(7)).toBe(7);
  });
});

describe("sqlite3 in asyncio", async () => {
  const bundle = await wheelBundle(
    ["aiosqlite==0.22.1", "greenlet==3.5.6", "SQLAlchemy==2.1.9", "typing-extensions==4.16.0"],
    {},
  );
  const sql = await api.start({ bundles: bundle });

  it("aiosqlite's connections and cursors", async () => {
    type Rows = { fetchall(): Promise<Iterable<unknown>> };
    type Db = {
      execute(code: string): Promise<Rows>;
      close(): Promise<void>;
      total_changes: number;
    };
    const { connect } = sql.pyimport<{ connect(path: string): Promise<Db> }>("aiosqlite");
    const db = await connect(":memory:");
    await db.execute("create table t (x integer)");
    await db.execute("insert into t values (1), (2)");
    const rows = await (await db.execute("select x from t")).fetchall();
    expect([...rows]).toEqual([[1], [2]]);
    expect(db.total_changes).toBe(2);
    await db.close();
  });

  it("sqlalchemy's connections, and those of `async with`", async () => {
    type Result = { scalar(): unknown };
    type Connection = { execute(code: unknown): Promise<Result>; close(): Promise<void> };
    type Engine = {
      connect(): Promise<Connection>;
      begin(): unknown;
      dispose(): Promise<void>;
    };
    const { text: code } = sql.pyimport<{ text(code: string): unknown }>("sqlalchemy");
    const { create_async_engine } = sql.pyimport<{ create_async_engine(url: string): Engine }>(
      "sqlalchemy.ext.asyncio",
    );
    const engine = create_async_engine("sqlite+aiosqlite://");
    const connection = await engine.connect();
    expect((await connection.execute(code("select 41 + 1"))).scalar()).toBe(42);
    await connection.close();
    const found = await sql.withAsync(engine.begin() as never, async (begun) =>
      (await (begun as Connection).execute(code("select 7"))).scalar(),
    );
    expect(found).toBe(7);
    await engine.dispose();
  });
});

// test/bridge/session.test.ts: start()'s bundles, streams and threads, beside runs and after them.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { numpyWheel } from "../helpers/numpy.js";
import { api, bundleOf } from "../helpers/python.js";
import { extension, extensionSuffix } from "../helpers/shared-object.js";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";
import { tmpFile } from "../helpers/tmp.js";

type Call = (...args: unknown[]) => unknown;

const app = bundleOf({
  "shop/__init__.py":
    "count = 0\ndef sell():\n    global count\n    count += 1\n    return count\n",
  "shop/late.py": "found = True\n",
  "shop/later.py": "begun = object()\n",
  [`native_one${extensionSuffix}`]: extension("native_one", 1),
});
const py = await api.start({ bundles: app, args: ["--of-session"] });
const shop = py.pyimport("shop") as unknown as { sell: Call; count: number };

function output(): { text: () => string; take: (chunk: Buffer) => void } {
  const chunks: Buffer[] = [];
  return { text: () => Buffer.concat(chunks).toString(), take: (chunk) => void chunks.push(chunk) };
}

describe("start()", () => {
  it("puts bundles on sys.path and arguments into sys.argv", () => {
    expect(py.runPython("import sys; sys.argv")).toMatchObject({ length: 2 });
    expect(py.runPython("import sys; list(sys.argv)[1]")).toBe("--of-session");
    expect(py.mounts).toHaveLength(1);
  });

  it("adds bundles when it is called again", async () => {
    const more = await api.start({ bundles: [bundleOf({ "extra.py": "value = 7\n" })] });
    expect((more.pyimport("extra") as { value?: unknown }).value).toBe(7);
    expect(py.runPython("import sys; list(sys.argv)[1]")).toBe("--of-session");
  });

  it("tells what is wrong with a bundle", async () => {
    const broken = tmpFile("broken.pyz", "no zip");
    await expect(api.start({ bundles: broken })).rejects.toMatchObject({
      code: "ERR_INMEM_NOT_ZIP",
    });
    // @ts-expect-error an unknown option
    await expect(api.start({ bundle: app })).rejects.toThrow(/did you mean bundles/);
    await expect(api.start({ stdin: 5 as never })).rejects.toThrow(TypeError);
  });

  it("runs a numpy wheel", async () => {
    const more = await api.start({ bundles: await numpyWheel() });
    const np = more.pyimport("numpy") as unknown as { arange: Call };
    const array = np.arange(10) as { sum: Call };
    expect(Number(array.sum())).toBe(45);
  });
});

describe("a run beside it", () => {
  const program = (source: string) => bundleOf({ "__main__.py": source });

  it("has the session's bundles behind its own, and sys.argv for itself", async () => {
    const { text, take } = output();
    shop.sell();
    await api.run(program("import sys, shop; print(shop.count > 0, sys.argv[1:])"), {
      args: ["own"],
      stdout: take,
    });
    expect(text()).toBe("True ['own']\n");
    expect(py.runPython("import sys; list(sys.argv)[1]")).toBe("--of-session");
  });

  it("takes nothing along that the session has loaded", async () => {
    const before = shop.sell() as number;
    await api.run(program("import shop; shop.sell(); import json.tool"));
    expect(shop.sell()).toBe(before + 2);
    expect(py.runPython("import shop, sys; sys.modules['shop'] is shop")).toBe(true);
    expect(py.runPython("import shop; shop.count")).toBe(before + 2);
    expect(py.runPython("import shop.late; shop.late.found")).toBe(true);
  });

  it("leaves the session what its threads import meanwhile", async () => {
    py.runPython(`
import threading, time, sys
def late():
    time.sleep(0.1)
    import shop.later
    return shop.later.begun
`);
    const late = py.globals.get("late") as { callAsync: Call };
    const begun = late.callAsync();
    await api.run(program("import time; time.sleep(0.4)"));
    py.globals.set("begun", await begun);
    const found =
      "import shop.later; sys.modules['shop.later'].begun is begun, 'later' in vars(shop)";
    expect(py.runPython(found)).toEqual([true, true]);
  });

  it("leaves it those of folders, too, given before and meanwhile", async () => {
    const folderOf = (name: string): string => {
      const file = tmpFile(`${name}.py`, "begun = object()\n");
      writeFileSync(join(dirname(file), "__main__.py"), "");
      return dirname(file);
    };
    await api.start({ bundles: folderOf("of_folder") });
    py.runPython(`
import sys
def load(name):
    __import__(name)
    return sys.modules[name].begun
`);
    const load = py.globals.get("load") as { callAsync: Call };
    let run: Promise<unknown> = Promise.resolve();
    await new Promise<unknown>((goes) => {
      const waits = program("import sys; print(flush=True); sys.stdin.read()");
      run = api.run(waits, { stdin: slowInput(), stdout: goes });
    });
    py.globals.set("first", await load.callAsync("of_folder"));
    await api.start({ bundles: folderOf("of_later_folder") });
    py.globals.set("second", await load.callAsync("of_later_folder"));
    release();
    await run;
    const found = "[load('of_folder') is first, load('of_later_folder') is second]";
    expect(py.runPython(`tuple(${found})`)).toEqual([true, true]);
  });

  it("has modules of its own under the session's names, for itself", async () => {
    const { text, take } = output();
    const count = shop.count;
    const own = bundleOf({
      "__main__.py": "import shop; print(shop.name)",
      "shop.py": "name = 'own'",
    });
    await api.run(own, { stdout: take });
    expect(text()).toBe("own\n");
    expect(py.runPython("import shop; shop.count")).toBe(count);
  });

  it("is told of another build of an extension", async () => {
    py.pyimport("native_one");
    const own = bundleOf({
      "__main__.py": "import native_one",
      [`native_one${extensionSuffix}`]: extension("native_one", 2),
    });
    await expect(api.run(own, { stderr: () => {} })).rejects.toThrow(/another build/);
    expect((py.pyimport("native_one") as { value?: Call }).value).toBeDefined();
  });

  it("neither ends nor waits for the session's threads and pools", async () => {
    py.runPython(`
import threading, concurrent.futures
woken = threading.Event()
asleep = threading.Event()
thread = threading.Thread(target=lambda: (asleep.set(), woken.wait()))
thread.start()
asleep.wait()
pool = concurrent.futures.ThreadPoolExecutor(1)
pool.submit(int).result()
`);
    const { text, take } = output();
    await api.run(
      program(
        "import concurrent.futures as f\np = f.ThreadPoolExecutor(2)\nprint(p.submit(lambda: 5).result())",
      ),
      { stdout: take },
    );
    expect(text()).toBe("5\n");
    expect(py.runPython("thread.is_alive(), pool.submit(lambda: 6).result()")).toEqual([true, 6]);
    py.runPython("woken.set(); thread.join(); pool.shutdown()");
  });

  it("answers calls while the run goes", async () => {
    const run = api.run(program("import sys; sys.stdin.read()"), { stdin: slowInput() });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(py.runPython("6 * 7")).toBe(42);
    release();
    await run;
  });
});

let release = () => {};
function slowInput(): import("node:stream").Readable {
  const { PassThrough } = require("node:stream") as typeof import("node:stream");
  const stream = new PassThrough();
  release = () => void stream.end();
  return stream;
}

describe("streams", () => {
  it("go to functions, by lines or in bytes, and back", async () => {
    const lines: string[] = [];
    py.setStdout({ batched: (line) => lines.push(line) });
    py.runPython("print('one\\ntwo'); print('thr', end=''); print('ee')");
    expect(lines).toEqual(["one", "two", "three"]);
    const { text, take } = output();
    await api.run(bundleOf("print('of the run')"), { stdout: take });
    expect(text()).toBe("of the run\n");
    py.runPython("print('after')");
    expect(lines.at(-1)).toBe("after");
    py.setStdout("inherit");
  });

  it("are the process's own again after a run that had others, also before start()", async () => {
    const index = JSON.stringify(join(packageRoot, "dist", "index.js"));
    const folder = dirname(tmpFile("__main__.py", "print('of the run')"));
    const run = `await api.run(${JSON.stringify(folder)}, { stdout: () => console.log("taken") });`;
    const result = await spawnNode(`const api = require(${index});
      (async () => {
        ${run}
        const py = await api.start();
        py.runPython("print('one')");
        ${run}
        py.runPython("import sys; print('two', sys.stdout is sys.__stdout__)");
      })();`);
    expect(result).toMatchObject({ code: 0, stderr: "", stdout: "taken\none\ntaken\ntwo True\n" });
  });

  it("come from functions and text", () => {
    const chunks = ["a", "b\nc", null];
    py.setStdin(() => chunks.shift() ?? null);
    expect(py.runPython("import sys; sys.stdin.read()")).toBe("ab\nc");
    py.setStdin("given");
    expect(py.runPython("import sys; sys.stdin.read() + sys.stdin.read()")).toBe("given");
    py.setStdin("inherit");
  });
});

describe("mount()", () => {
  it("adds and takes away", () => {
    const path = tmpFile("late.pyz", bundleOf({ "mounted_late.py": "x = 1\n" }));
    const point = py.mount(path);
    expect((py.pyimport("mounted_late") as { x?: number }).x).toBe(1);
    expect(() => py.unmount(point)).toThrow(/imported from it/);
    py.unmount(point, { force: true });
    expect(() => py.pyimport("mounted_late")).toThrow(/No module/);
  });

  it("takes a file: URL, whatever its path holds", () => {
    const path = tmpFile("a b%.pyz", bundleOf({ "mounted_by_url.py": "x = 2\n" }));
    const point = py.mount(pathToFileURL(path));
    expect(py.runPython("import mounted_by_url; mounted_by_url.x")).toBe(2);
    py.unmount(point, { force: true });
  });

  it("says what it was given that is no name or bundle", () => {
    const nothing = undefined as unknown as string;
    expect(() => py.mount(nothing)).toThrow(
      /^Expected a path, .* for bundle but received undefined/,
    );
    expect(() => py.unmount(nothing)).toThrow(/^Expected a path, .* for bundle but received/);
    expect(() => py.pyimport(nothing)).toThrow(/^Expected a non-empty string for name/);
    expect(() => py.runPython(nothing)).toThrow(/^Expected a string for code/);
  });
});

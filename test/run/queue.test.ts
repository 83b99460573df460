// test/run/queue.test.ts: one run at a time: ERR_INMEM_BUSY, and queue: true.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { api, bundleOf, failPython, py, runPython } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";

describe("a second run()", () => {
  it("is refused while one is going, and the first is not disturbed", async () => {
    const first = runPython("import time; time.sleep(0.2); print('first')");
    const { error } = await failPython("print('second')");
    expect(error).toMatchObject({ name: "InmemError", code: "ERR_INMEM_BUSY" });
    expect(error.message).toContain("queue: true");
    expect((await first).stdout).toBe("first\n");
    expect((await runPython("print('third')")).stdout).toBe("third\n");
  });

  it("is refused in the same turn too, and with queue: false", async () => {
    const first = runPython("print(1)");
    const second = failPython("print(2)", { queue: false });
    expect((await second).error.code).toBe("ERR_INMEM_BUSY");
    await first;
  });

  it("may begin as soon as the first has settled", async () => {
    for (let i = 0; i < 20; i++) expect((await runPython(`print(${i})`)).stdout).toBe(`${i}\n`);
    await api.run(bundleOf("1/0"), { stderr: () => undefined }).catch(() => undefined);
    expect((await runPython("print(1)")).stdout).toBe("1\n");
  });

  it("may begin in a then() of the first", async () => {
    const order = await runPython("print(1)").then(() => runPython("print(2)"));
    expect(order.stdout).toBe("2\n");
  });
});

describe("queue: true", () => {
  it("runs in the order of the calls, one at a time", async () => {
    const seen: string[] = [];
    const stdout = (chunk: Buffer) => void seen.push(chunk.toString());
    const runs = Array.from({ length: 6 }, (_, i) => {
      const source = `print("begin ${i}", flush=True)\nimport time; time.sleep(0.02)\nprint("end ${i}")`;
      return api.run(bundleOf(source), { queue: true, stdout });
    });
    await Promise.all(runs);
    const expected = Array.from({ length: 6 }, (_, i) => `begin ${i}\nend ${i}\n`).join("");
    expect(seen.join("")).toBe(expected);
  });

  it("keeps its order for one that joins while others wait", async () => {
    const seen: string[] = [];
    const start = (name: string) =>
      runPython(`print("${name}"); import time; time.sleep(0.05)`, { queue: true }).then(
        ({ stdout }) => void seen.push(stdout.trim()),
      );
    const first = start("a");
    const waiting = [start("b"), start("c")];
    await first; // b is going, c waits
    await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all([...waiting, start("d"), start("e")]);
    expect(seen).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("goes on after one that fails, and gives each its own outcome", async () => {
    const options = { queue: true, stderr: () => undefined };
    const outcomes = await Promise.allSettled([
      api.run(bundleOf("1/0"), options),
      api.run(bundleOf("raise SystemExit(3)"), options),
      api.run("/nowhere.pyz", options),
      api.run(bundleOf("pass"), options),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(outcomes[1]).toMatchObject({ value: { exitCode: 3 } });
    expect(outcomes[2]).toMatchObject({ reason: { code: "ERR_INMEM_NOT_FOUND" } });
  });

  it("does not help a run without it that comes behind: that one is refused", async () => {
    const first = runPython("import time; time.sleep(0.05)");
    const second = runPython("print(2)", { queue: true });
    expect((await failPython("print(3)")).error.code).toBe("ERR_INMEM_BUSY");
    await first;
    expect((await failPython("print(4)")).error.code).toBe("ERR_INMEM_BUSY");
    expect((await second).stdout).toBe("2\n");
  });

  it("checks the options at once, not when its turn comes", async () => {
    let isGoing = true;
    const first = runPython("import time; time.sleep(0.3)").finally(() => {
      isGoing = false;
    });
    await expect(api.run(bundleOf("1"), { queue: true, args: 1 as never })).rejects.toBeInstanceOf(
      TypeError,
    );
    expect(isGoing).toBe(true);
    await first;
  });

  it("sets the environment when its turn comes", async () => {
    const source = "import os; print(os.environ.get('INMEM_TEST_QUEUE'))";
    const first = runPython(`import time; time.sleep(0.1)\n${source}`);
    const second = runPython(source, { queue: true, env: { INMEM_TEST_QUEUE: "second" } });
    expect((await first).stdout).toBe("None\n");
    expect((await second).stdout).toBe("second\n");
  });

  it("lets go of a run that is aborted before its turn", async () => {
    const order: string[] = [];
    const controller = new AbortController();
    const stop = new PassThrough();
    const first = runPython("input(); print('first')", { stdin: stop }).finally(() => {
      order.push("first");
    });
    const second = failPython("print('never')", { queue: true, signal: controller.signal });
    const third = runPython("print('third')", { queue: true }).finally(() => order.push("third"));
    controller.abort(new Error("the user left"));
    const { error, stdout } = await second;
    expect([error.code, stdout]).toEqual(["ERR_INMEM_ABORTED", ""]);
    expect(error.cause).toMatchObject({ message: "the user left" });
    expect(order).toEqual([]);
    await expect(runPython("print(4)")).rejects.toMatchObject({ code: "ERR_INMEM_BUSY" });
    stop.end("go\n");
    expect((await first).stdout).toBe("first\n");
    expect((await third).stdout).toBe("third\n");
    expect(order).toEqual(["first", "third"]);
  });

  it("rejects at once where the signal is aborted already", async () => {
    const stop = new PassThrough();
    const first = runPython("input()", { stdin: stop });
    const { error } = await failPython("1", { queue: true, signal: AbortSignal.abort() });
    expect(error.code).toBe("ERR_INMEM_ABORTED");
    stop.end();
    await first.catch(() => undefined);
  });

  it("takes what it is given at the call, not at its turn", async () => {
    const program = py`
      import os, sys
      print(sys.argv[1:], os.environ["INMEM_TEST_QUEUE"], sys.stdin.read(), os.getcwd())
    `;
    const [here, there] = [tmpDir("here"), tmpDir("there")];
    writeFileSync(join(here, "app.pyz"), bundleOf(`${program}print("path")`));
    const before = process.cwd();
    const first = runPython("import time; time.sleep(0.2)");
    const args = ["a"];
    const env = { INMEM_TEST_QUEUE: "b" };
    const stdin = Buffer.from("c");
    const bytes = bundleOf(program);
    const options = { queue: true, args, env, stdin };
    const collect = (into: string[]) => (chunk: Buffer) => void into.push(String(chunk));
    const seen: Record<"bytes" | "path", string[]> = { bytes: [], path: [] };
    process.chdir(here);
    const runs = [
      api.run(bytes, { ...options, stdout: collect(seen.bytes) }),
      api.run("app.pyz", { ...options, stdout: collect(seen.path) }),
    ];
    process.chdir(there);
    args[0] = env.INMEM_TEST_QUEUE = "changed";
    stdin.fill("x");
    bytes.fill(0);
    await Promise.all([first, ...runs]).finally(() => process.chdir(before));
    const expected = `['a'] b c ${here}\n`;
    expect([seen.bytes.join(""), seen.path.join("")]).toEqual([expected, `${expected}path\n`]);
  });
});

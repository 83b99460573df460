// test/run/queue.test.ts: one run at a time: ERR_INMEM_BUSY, and queue: true.
import { describe, expect, it } from "vitest";
import { api, bundleOf, failPython, runPython } from "../helpers/python.js";

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
    const controller = new AbortController();
    const first = runPython("import time; time.sleep(0.2); print('first')");
    const second = failPython("print('never')", { queue: true, signal: controller.signal });
    const third = runPython("print('third')", { queue: true });
    controller.abort();
    const { error, stdout } = await second;
    expect([error.code, stdout]).toEqual(["ERR_INMEM_ABORTED", ""]);
    expect((await first).stdout).toBe("first\n");
    expect((await third).stdout).toBe("third\n");
  });
});

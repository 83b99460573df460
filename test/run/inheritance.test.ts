// test/run/inheritance.test.ts: what children are given is made anew by any thread, and not for ever.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

/** The program in a Node of its own: it may crash. */
const inNode = (source: string) => {
  const path = zipFile({ "__main__.py": source });
  const other = zipFile({ "x.py": "" });
  const main = `require("inmem-python").run(process.argv[2], { args: [process.argv[3]] });`;
  return spawnNode(main, { args: [path, other] });
};

describe("archives that are inherited and disinherited", () => {
  it("by interpreters with a GIL each, at once", async () => {
    const result = await inNode(py`
      import _interpreters, inmem, sys, threading
      point = inmem.mount(sys.argv[1])
      code = f'''
      import _inmem_job
      for i in range(8000):
          _inmem_job.inherit({point!r}); _inmem_job.disinherit({point!r})
      '''.replace("\n      ", "\n")
      def work():
          failed = _interpreters.exec(_interpreters.create("isolated"), code)
          assert failed is None, failed
      threads = [threading.Thread(target=work) for _ in range(3)]
      for thread in threads: thread.start()
      for thread in threads: thread.join()
      print("survived")
    `);
    expect(result).toMatchObject({ ...clean, stdout: "survived\n" });
  });

  it("again and again, in the same memory", async () => {
    const result = await inNode(py`
      import inmem, sys, _inmem_job
      point = inmem.mount(sys.argv[1])
      def churn():
          for _ in range(8000):
              _inmem_job.disinherit(point)
              _inmem_job.inherit(point)
          return int(open("/proc/self/statm").read().split()[1]) * 4
      before = churn()
      after = churn()
      print(after - before < 1000 or (before, after))
    `);
    expect(result).toMatchObject({ ...clean, stdout: "True\n" });
  });
});

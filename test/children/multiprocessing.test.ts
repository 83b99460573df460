// test/children/multiprocessing.test.ts: multiprocessing from a bundle, by every start method, as from disk.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { diskPython } from "../helpers/disk-python.js";
import { bundleOf, py, runPython } from "../helpers/python.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";
import { bothPythons, launcher, startPython } from "./support.js";

const work = py`
  def square(x): return x * x
  def put(queue, x): queue.put((x, __name__))
  def answer(end): end.send(end.recv() + "y"); end.close()
  def fill(table): table["a"] = 1
  def share(name):
      from multiprocessing import shared_memory
      memory = shared_memory.SharedMemory(name=name, track=False)
      memory.buf[:3] = b"abc"
      memory.close()
  def fail(): raise ValueError("in the worker")
  def count(lock, value):
      for _ in range(100):
          with lock: value.value += 1
  def meet(barrier): barrier.wait(10)
`;

const main = py`
  import multiprocessing, sys, time, work
  from concurrent.futures import ProcessPoolExecutor
  from concurrent.futures.process import BrokenProcessPool
  from multiprocessing import shared_memory

  def started(context, target, *args):
      process = context.Process(target=target, args=args)
      process.start()
      return process

  def pool(context):
      with context.Pool(2) as pool: return pool.map(work.square, range(5)), pool.apply_async(work.square, (9,)).get(30)
  def queue(context):
      queue = context.Queue()
      process = started(context, work.put, queue, 3)
      found = queue.get(timeout=30)
      process.join()
      return found, process.exitcode
  def pipe(context):
      here, there = context.Pipe()
      process = started(context, work.answer, there)
      here.send("x")
      found = here.recv()
      process.join()
      return found
  def manager(context):
      with context.Manager() as manager:
          table = manager.dict()
          started(context, work.fill, table).join()
          return dict(table)
  def memory(context):
      memory = shared_memory.SharedMemory(create=True, size=10)
      try:
          started(context, work.share, memory.name).join()
          return bytes(memory.buf[:3])
      finally:
          memory.close()
          memory.unlink()
  def locks(context):
      lock, value = context.Lock(), context.Value("i", 0, lock=False)
      for process in [started(context, work.count, lock, value) for _ in range(2)]: process.join()
      return value.value
  def barrier(context):
      barrier = context.Barrier(2)
      process = started(context, work.meet, barrier)
      barrier.wait(30)
      process.join()
      return process.exitcode
  def executor(context):
      with ProcessPoolExecutor(2, mp_context=context) as executor: return list(executor.map(work.square, range(5)))
  def error(context):
      with ProcessPoolExecutor(1, mp_context=context) as executor:
          try: executor.submit(work.fail).result()
          except ValueError as error: return str(error), type(error.__cause__).__name__
  def broken(context):
      import os
      with ProcessPoolExecutor(1, mp_context=context) as executor:
          try: executor.submit(os._exit, 1).result()
          except BrokenProcessPool: return "broken"
  def status(context):
      process = started(context, sys.exit, 5)
      process.join()
      return process.exitcode
  def terminate(context):
      process = started(context, time.sleep, 30)
      process.terminate()
      process.join()
      return process.exitcode

  if __name__ == "__main__":
      context = multiprocessing.get_context(sys.argv[1])
      for test in (pool, queue, pipe, manager, memory, locks, barrier, executor, error, broken, status, terminate):
          print(test.__name__, test(context), flush=True)
`;

const files = { "__main__.py": main, "work.py": work };
const onDisk = (() => {
  const folder = join(tmpDir(), "app");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
})();

describe.each(["spawn", "forkserver", "fork"])("multiprocessing by %s", (method) => {
  const stock = startPython(diskPython(), { args: ["-W", "ignore", onDisk, method] });

  it.each([
    ["a file, inside Node", () => zipFile(files), {}],
    ["a Buffer, inside Node", () => bundleOf(files), {}],
    ["a file, in a process of its own", () => zipFile(files), { process: true }],
  ])("does from %s what it does from disk", async (_, bundle, more) => {
    const { stdout } = await runPython(bundle(), {
      ...more,
      args: [method],
      env: { PYTHONWARNINGS: "ignore" },
    });
    expect(stdout.trimEnd().split("\n")).toHaveLength(12);
    expect(stdout).toEqual((await stock).stdout);
  });

  it("does in the launcher what it does from disk", async () => {
    const args = ["-W", "ignore", zipFile(files), method];
    const { ours, stock: fromZip } = await bothPythons({ args });
    expect(ours).toEqual({ ...fromZip, stderr: "" });
    expect(ours.stdout).toEqual((await stock).stdout);
  });
});

describe("under spawn", () => {
  it("functions of a module that runs as __main__ reach the workers", async () => {
    const app = py`
      import multiprocessing
      def double(x): return 2 * x
      if __name__ == "__main__":
          with multiprocessing.get_context("spawn").Pool(1) as pool: print(pool.map(double, [1, 2]), double.__module__)
    `;
    const { stdout } = await runPython(
      { "app/__init__.py": "", "app/tool.py": app },
      { module: "app.tool" },
    );
    expect(stdout).toBe("[2, 4] __main__\n");
  });

  it("those of a __main__.py do not, as from any zip", async () => {
    const app = py`
      import multiprocessing
      def double(x): return 2 * x
      if __name__ == "__main__":
          process = multiprocessing.get_context("spawn").Process(target=double, args=(1,))
          process.start()
          process.join()
          print(process.exitcode)
    `;
    const bundle = zipFile({ "__main__.py": app });
    const { ours, stock } = await bothPythons({ args: [bundle] });
    for (const { stdout, stderr } of [await spawnCommand(["run", bundle]), ours, stock]) {
      expect(stdout).toBe("1\n");
      expect(stderr).toContain("Can't get attribute 'double'");
    }
  });
});

describe("fork inside Node", () => {
  it("leaves what the child writes to JavaScript, however much", async () => {
    const fork = py`
      import os, sys, warnings
      warnings.simplefilter("ignore")
      print("before")
      pid = os.fork()
      if pid == 0:
          print("in the child", file=sys.stderr)
          for i in range(300): print("y" * 10_000)
          sys.exit(4)
      print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    `;
    const { stdout, stderr, exitCode } = await runPython(fork);
    expect(stderr).toBe("in the child\n");
    expect(stdout.replaceAll(/y/g, "").replaceAll(/\n+/g, "\n")).toBe("before\nstatus 4\n");
    expect(stdout).toHaveLength(300 * 10_001 + "before\nstatus 4\n".length);
    expect(exitCode).toBe(0);
  });

  it("loses nothing while a stream of JavaScript stands still", async () => {
    const fork = py`
      import os, warnings
      warnings.simplefilter("ignore")
      if os.fork() == 0:
          for i in range(50): print("y" * 10_000, flush=True)
          os._exit(0)
      print("before")
    `;
    let bytes = 0;
    let chunks = 0;
    const stdout = new Writable({
      // Far longer than a pipe may be silent.
      write: (chunk: Buffer, _, done) => {
        bytes += chunk.length;
        chunks += 1;
        setTimeout(done, chunks <= 2 ? 900 : 0);
      },
    });
    await runPython(fork, { stdout });
    expect(bytes).toBe(50 * 10_001 + "before\n".length);
  });
});

describe("the launcher", () => {
  it("is there for children: a real file", () => {
    expect(launcher).toMatch(/inmem-launcher$/);
  });
});

// test/children/fork-signals.test.ts: a forked child has the program's signals, and nothing of Node's.
import { describe, expect, it } from "vitest";
import { diskPython } from "../helpers/disk-python.js";
import { py } from "../helpers/python.js";
import { spawnCommand, spawnNode, spawnProcess } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const main = py`
  import multiprocessing, os, signal, time, warnings
  warnings.simplefilter("ignore", DeprecationWarning)  # there are threads
  signal.signal(signal.SIGUSR2, lambda *_: os._exit(66))
  def sleep(ready):
      try:
          os.write(ready, b".")
          for _ in range(300): time.sleep(0.05)
      except KeyboardInterrupt: os._exit(77)
  if __name__ == "__main__":
      fork = multiprocessing.get_context("fork")
      for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGQUIT"):
          wait, ready = os.pipe()
          process = fork.Process(target=sleep, args=(ready,))
          process.start()
          os.read(wait, 1)
          time.sleep(0.05)
          os.kill(process.pid, getattr(signal, name))
          process.join(5)
          print(name, process.exitcode, flush=True)
          process.kill()
      with fork.Pool(2) as pool: print(pool.map(abs, [-1, -2]))
      time.sleep(0.3)
      print("end")
`;
const bundle = zipFile({ "__main__.py": main });

// Whatever the signal means to Node: the handlers that it calls, and the end of the process.
const listening = `
  const { run } = require("inmem-python");
  const heard = [];
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGALRM", "SIGQUIT"]) process.on(name, () => heard.push(name));
  run(process.argv[2], { signals: process.argv[3] }).then(({ exitCode }) => setTimeout(() => process.exit(heard.length || exitCode), 100));
`;

describe("signals to a forked child", async () => {
  const disk = await spawnProcess(diskPython(), [bundle]);

  it("are Python's on disk", () => {
    expect(disk.stdout).toMatch(/^SIGTERM -15\nSIGINT 77\nSIGHUP -1\nSIGUSR1 -10\nSIGUSR2 66\n/);
    expect(disk.stdout).toMatch(/end\n$/);
  });

  it.each(["node", "python"])("are so inside Node, in the mode %s", async (mode) => {
    const ran = await spawnCommand(["run", "--signals", mode, bundle]);
    expect(ran).toMatchObject({ code: 0, stdout: disk.stdout });
    const heard = await spawnNode(listening, { args: [bundle, mode] });
    expect(heard).toMatchObject({ code: 0, stdout: disk.stdout });
  });

  it.each(["node", "python"])("are so from its first moment, in the mode %s", async (mode) => {
    const early = py`
      import os, signal, time, warnings
      warnings.simplefilter("ignore", DeprecationWarning)
      ends = set()
      for _ in range(100):
          child = os.fork()
          if child == 0:
              time.sleep(20)
              os._exit(1)
          os.kill(child, signal.SIGTERM)
          ends.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
      print(ends)
    `;
    const args = [zipFile({ "__main__.py": early }), mode];
    expect(await spawnNode(listening, { args })).toMatchObject({ code: 0, stdout: "{-15}\n" });
  });
});

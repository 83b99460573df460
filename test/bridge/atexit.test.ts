// test/bridge/atexit.test.ts: functions of atexit: the session's at the process's end, a run's at the run's.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";
import { tmpFile } from "../helpers/tmp.js";

const index = JSON.stringify(join(packageRoot, "dist", "index.js"));

/** Runs `main` with `py` of start(), and `app`, the path of a program. */
function withSession(main: string, app = "") {
  const folder = join(tmpFile("__main__.py", app), "..");
  return spawnNode(
    `const api = require(${index});
    const app = ${JSON.stringify(folder)};
    (async () => { const py = await api.start(); ${main} })();`,
  );
}
const clean = { code: 0, signal: null, timedOut: false, stderr: "" };
const python = (source: string) => `py.runPython(${JSON.stringify(source)});`;

describe("atexit", () => {
  it("calls a session's functions when the process ends, JavaScript's too, not with a run", async () => {
    const main = `
      ${python("import atexit; atexit.register(print, 'first')")}
      py.globals.set("f", () => console.log("of JavaScript"));
      ${python("atexit.register(f)")}
      for (const name of ["one", "two"]) await api.run(app, { args: [name] });
      console.log("end of main");`;
    const app = `
import atexit, sys
atexit.register(print, "run", sys.argv[1], "ends")`;
    const stdout = "run one ends\nrun two ends\nend of main\nof JavaScript\nfirst\n";
    expect(await withSession(main, app)).toMatchObject({ ...clean, stdout });
  });

  it("calls them at process.exit(), in a callback of Python's as well; errors change nothing", async () => {
    const main = `
      py.globals.set("leave", () => process.exit(7));
      ${python("import atexit; atexit.register(print, 'called'); atexit.register(lambda: 1 / 0)")}
      ${python("leave()")}`;
    const result = await withSession(main);
    expect(result).toMatchObject({ code: 7, signal: null, stdout: "called\n" });
    expect(result.stderr).toMatch(/^Exception ignored in atexit callback.*ZeroDivisionError/s);
  });

  it("tells by the thread that registers whose they are", async () => {
    const main = `
      ${python("import atexit")}
      let ended;
      await new Promise((goes) => {
        const { PassThrough } = require("node:stream");
        const stdin = new PassThrough();
        ended = api.run(app, { stdin, stdout: () => goes(stdin) });
      }).then(async (stdin) => {
        ${python("atexit.register(print, 'of this thread')")}
        await py.runPython("lambda: atexit.register(print, 'of the pool')").callAsync();
        stdin.end();
      });
      await ended;
      console.log("the run has ended");
      ${python("'later'")}`;
    const app = `
import atexit, sys, threading
thread = threading.Thread(target=lambda: atexit.register(sys.stderr.write, "of the run\\n"))
thread.start(); thread.join()
print(flush=True)
sys.stdin.read()`;
    const stdout = "the run has ended\nof the pool\nof this thread\n";
    const result = await withSession(main, app);
    expect(result).toMatchObject({ ...clean, stdout, stderr: "of the run\n" });
  });

  it("leaves a session what logging and multiprocessing have of its own", async () => {
    const own = (name: string) => `
import logging, multiprocessing
class Handler(logging.Handler):
    def close(self): print("${name} closed", flush=True); super().close()
handler = Handler()
semaphore = multiprocessing.Semaphore(1)`;
    const child = `
import time
child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,), daemon=True)
child.start()`;
    const main = `
      ${python(own("the session's") + child)}
      await api.run(app);
      console.log(py.runPython("child.is_alive(), semaphore.acquire(timeout=1)"));`;
    const result = await withSession(main, own("the run's"));
    const stdout = "the run's closed\n[ true, true ]\nthe session's closed\n";
    // Nothing of the resource tracker's: no semaphore is left.
    expect(result).toMatchObject({ ...clean, stdout });
  });
});

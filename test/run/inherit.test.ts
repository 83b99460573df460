// test/run/inherit.test.ts: the process's own stdin, stdout and stderr as the program's.
import { describe, expect, it } from "vitest";
import { packageRoot, spawnNode, spawnProcess } from "../helpers/spawn-node.js";
import { tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const require = `require = require("node:module").createRequire(${JSON.stringify(`${packageRoot}/package.json`)});\n`;
const runs = `require("inmem-python").run(process.argv[2]).then(({ exitCode }) => process.exit(exitCode), (e) => { console.error("ERR", e.type ?? e.code); process.exit(1); });`;

/** A shell line; $RUN runs the program in Node, with JavaScript before it. */
function shell(line: string, program: string, before = "") {
  const script = tmpFile("script.cjs", require + before + runs);
  const run = `${process.execPath} ${script} ${zipFile({ "__main__.py": program })}`;
  return spawnProcess("sh", ["-c", line.replaceAll("$RUN", run)], { timeoutMs: 20_000 });
}

describe("inherited streams", () => {
  it("carry text and bytes both ways, in order", async () => {
    const program =
      "import sys\nfor line in sys.stdin: print(line.upper(), end='')\nprint('done', file=sys.stderr)";
    const path = zipFile({ "__main__.py": program });
    const result = await spawnNode(runs, { args: [path], stdin: "ünï\nb\n" });
    expect(result).toMatchObject({ code: 0, stdout: "ÜNÏ\nB\n", stderr: "done\n" });
  });

  it("give each run what the one before left of stdin", async () => {
    const path = zipFile({ "__main__.py": "import os; print(os.read(0, 4))" });
    const two = `const { run } = require("inmem-python"); run(process.argv[2]).then(() => run(process.argv[2]));`;
    const result = await spawnNode(two, { args: [path], stdin: "one\ntwo\n" });
    expect(result.stdout).toBe("b'one\\n'\nb'two\\n'\n");
  });

  it("work when JavaScript has used process.stdout and a reader is slow: 5 MB", async () => {
    const program = "import sys\nfor i in range(100): sys.stdout.write('y' * 50000)";
    const before = `console.log("js"); process.stdout.write("more\\n");`;
    const result = await shell("$RUN | (sleep 0.5; wc -c)", program, before);
    expect([result.stdout.trim(), result.stderr]).toEqual([`${5_000_000 + 8}`, ""]);
  });

  it("work when JavaScript has touched process.stdin", async () => {
    const program = "import sys; print('got', sys.stdin.read())";
    const result = await shell("(sleep 0.3; echo hi) | $RUN", program, "process.stdin;\n");
    expect([result.stdout, result.stderr]).toEqual(["got hi\n\n", ""]);
  });

  it("to a pipe that nobody reads are BrokenPipeError, not a signal's death", async () => {
    const program = "import time; time.sleep(0.3)\nfor i in range(100000): print('y' * 100)";
    const result = await shell("$RUN | head -c 10 > /dev/null", program);
    expect(result.stderr).toContain("BrokenPipeError");
    expect(result.stderr).toContain("ERR BrokenPipeError");
  });

  it("that are closed are what Python makes of them: no crash", async () => {
    const program =
      "import sys; sys.stderr.write(f'{sys.stdin is None or sys.stdin.read() == \"\"} alive\\n')";
    // Node opens /dev/null for what is closed.
    const result = await shell("$RUN <&- >&-", program);
    expect([result.code, result.stderr]).toEqual([0, "True alive\n"]);
  });

  it("go to a file, buffered and in order with C's own writes after a flush", async () => {
    const program =
      "import os, sys; print('one', flush=True); os.write(1, b'two\\n'); print('three'); os.system('echo four')";
    const result = await shell(
      "$RUN > /tmp/inmem-out.$$; cat /tmp/inmem-out.$$; rm /tmp/inmem-out.$$",
      program,
    );
    // `three` is still in Python's buffer when the child writes, as in python.
    expect(result.stdout).toBe("one\ntwo\nfour\nthree\n");
  });

  it("are the children's too: subprocess, os.system, os.spawn, os.posix_spawn", async () => {
    const program = [
      "import os, subprocess, sys",
      "subprocess.run(['echo', 'one'], check=True)",
      "print(os.system('echo two; exit 3') >> 8, flush=True)",
      "os.spawnlp(os.P_WAIT, 'echo', 'echo', 'four')",
      "os.waitpid(os.posix_spawnp('echo', ['echo', 'five'], os.environ), 0)",
      "subprocess.run('cat; echo six >&2', shell=True)",
    ].join("\n");
    const path = zipFile({ "__main__.py": program });
    const result = await spawnNode(runs, { args: [path], stdin: "from stdin\n" });
    expect(result.stdout).toBe("one\ntwo\n3\nfour\nfive\nfrom stdin\n");
    expect(result.stderr).toBe("six\n");
  });

  it("leave Node's own children as they were", async () => {
    const path = zipFile({ "__main__.py": "pass" });
    const source = `
      const { spawnSync } = require("node:child_process");
      const child = () => spawnSync("sh", ["-c", "ls /proc/self/fd; cat"], { input: "x", encoding: "utf8" });
      const before = child();
      require("inmem-python").run(process.argv[2]).then(() => {
        const after = child();
        console.log(after.stdout === before.stdout, after.stdout.endsWith("\\nx"), after.status);
        console.log(spawnSync("echo", ["quiet"], { stdio: "ignore" }).status);
        spawnSync("echo", ["loud"], { stdio: "inherit" });
      });`;
    const result = await spawnNode(source, { args: [path] });
    expect(result.stdout).toBe("true true 0\n0\nloud\n");
  });
});

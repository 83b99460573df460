// test/loader/processes.test.ts: a library is loaded once in a process, and its pages are shared between processes.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { packageRoot, spawnNode, spawnProcess } from "../helpers/spawn-node.js";
import { tableLibrary } from "../helpers/table-library.js";
import { zipFile } from "../helpers/zip.js";

const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
const pageBytes = 4096;
const tableBytes = 8 << 20;
const { library, sum } = tableLibrary("libtable", tableBytes, ["-Wl,-soname,libtable.so.1"]);

const user = sharedObject(
  "usestable",
  extensionSource("usestable", "table_sum()", "extern long table_sum(void);"),
  ["-L.", "-l:libtable.so", "-Wl,-rpath,$ORIGIN/libs"],
);

const bundle = zipFile([
  { name: "__main__.py", data: "import usestable; print(usestable.value(), flush=True)" },
  { name: `usestable${extensionSuffix}`, data: user, align: pageBytes },
  { name: "libs/libtable.so.1", data: library, align: pageBytes },
]);

const clean = { code: 0, signal: null, timedOut: false, stderr: "" };

describe("in one process", () => {
  it("workers, one after another and at once, share what is loaded", async () => {
    const worker = `
      const { parentPort, workerData: path } = require("node:worker_threads");
      const { run, sharedObjects } = inmem;
      run(path, { queue: true, stdout: () => {} }).then(({ exitCode }) =>
        parentPort.postMessage([exitCode, sharedObjects().map(({ path, base }) => [path, base])]));`;
    const result = await spawnNode(
      `
      const { Worker } = require("node:worker_threads");
      const inmem = require.resolve("inmem-python");
      const source = "const inmem = require(" + JSON.stringify(inmem) + ");" + ${JSON.stringify(worker)};
      const work = () => new Promise((resolve, reject) => {
        let answer;
        const worker = new Worker(source, { eval: true, workerData: process.argv[2] });
        worker.on("message", (message) => { answer = message; });
        worker.on("exit", () => resolve(answer)).on("error", reject);
      });
      (async () => {
        const answers = [await work(), await work(), ...await Promise.all([work(), work()])];
        const { sharedObjects, run } = require("inmem-python");
        const { exitCode } = await run(process.argv[2], { stdout: () => {} });
        answers.push([exitCode, sharedObjects().map(({ path, base }) => [path, base])]);
        console.log(JSON.stringify(answers));
      })();`,
      { args: [bundle] },
    );
    expect(result).toMatchObject(clean);
    const answers: [number, [string, number][]][] = JSON.parse(result.stdout);
    expect(answers).toHaveLength(5);
    const [, objects] = answers[0] as [number, [string, number][]];
    expect(objects.map(([path]) => path)).toEqual([
      `${bundle}/libs/libtable.so.1`,
      `${bundle}/usestable${extensionSuffix}`,
    ]);
    for (const answer of answers) expect(answer).toEqual([0, objects]);
  });

  it("a child of os.fork() has it at the same place, and loads nothing again", async () => {
    const forking = zipFile([
      {
        name: "__main__.py",
        data: py`
          import os, usestable
          def places():
              with open("/proc/self/maps") as maps:
                  return [line.split("-")[0] for line in maps if "app.pyz" in line or "memfd:" in line]
          before = places()
          child = os.fork()
          if child == 0:
              import importlib
              again = importlib.import_module("usestable").value()
              os._exit(0 if (again, places()) == (${sum}, before) and before else 7)
          print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        `,
      },
      { name: `usestable${extensionSuffix}`, data: user, align: pageBytes },
      { name: "libs/libtable.so.1", data: library, align: pageBytes },
    ]);
    const source = `require("inmem-python").run(process.argv[2]).then(({ exitCode }) => { process.exitCode = exitCode; });`;
    // On stderr is Python's own DeprecationWarning: the process has threads.
    const { code, stdout } = await spawnNode(source, { args: [forking] });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "0\n" });
  });
});

interface Pages {
  readonly rss: number;
  readonly pss: number;
}

// The pages, in bytes, of the library's mappings in a process.
const pagesOf = `
  function pagesOf(names) {
    const pages = { rss: 0, pss: 0 };
    let counts = false;
    for (const line of require("node:fs").readFileSync("/proc/self/smaps", "utf8").split("\\n")) {
      if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) counts = names.some((name) => line.includes(name));
      const [, what, kilobytes] = /^(Rss|Pss): +(\\d+) kB/.exec(line) ?? [];
      if (counts && what) pages[what.toLowerCase()] += Number(kilobytes) * 1024;
    }
    return pages;
  }`;

// Loads, waits until the others have, tells, and stays until they have told too: pages are shared with the living.
const child = `
  ${pagesOf}
  const [path, load] = process.argv.slice(2);
  const output = [];
  require("inmem-python").run(path, { load, stdout: (chunk) => output.push(String(chunk)) })
    .then(() => process.send({ ready: true }));
  process.on("message", (message) => {
    if (message === "end") process.exit(0);
    process.send({ sum: output.join("").trim(), pages: pagesOf([path, "/memfd:"]) });
  });`;

/** What each of two processes has of the library, made by child_process.fork or by cluster. */
async function twoProcesses(how: "fork" | "cluster", load: string) {
  const start = {
    fork: `require("node:child_process").fork(__filename, [path, load], { env: { ...process.env, CHILD: "1" } })`,
    cluster: `(cluster.setupPrimary({ args: [path, load] }), cluster.fork({ CHILD: "1" }))`,
  }[how];
  const { stdout, ...result } = await spawnNode(
    `
    const cluster = require("node:cluster");
    if (process.env.CHILD) { ${child} } else {
      const [path, load] = process.argv.slice(2);
      const children = [0, 1].map(() => ${start});
      const answers = [];
      let ready = 0;
      const all = (message) => children.forEach((one) => one.send(message));
      for (const each of children) each.on("message", (message) => {
        if (message.ready) { if (++ready === children.length) all("tell"); }
        else if (answers.push(message) === children.length) all("end");
      });
      process.on("exit", () => console.log(JSON.stringify(answers)));
    }`,
    { args: [bundle, load] },
  );
  expect(result).toMatchObject(clean);
  const answers: { sum: string; pages: Pages }[] = JSON.parse(stdout);
  expect(answers.map((answer) => answer.sum)).toEqual([sum, sum]);
  return answers.map(({ pages }) => pages);
}

describe("in two processes at once", () => {
  it.each(["fork", "cluster"] as const)("%s: mapped pages are the same memory", async (how) => {
    for (const { rss, pss } of await twoProcesses(how, "mapped")) {
      expect(rss).toBeGreaterThanOrEqual(tableBytes);
      // Half of the table belongs to the other one.
      expect(pss).toBeLessThan(rss - tableBytes / 3);
    }
  });

  it("copies in memory are each process's own", async () => {
    for (const { rss, pss } of await twoProcesses("fork", "memfd")) {
      expect(rss).toBeGreaterThanOrEqual(tableBytes);
      expect(pss).toBeGreaterThanOrEqual(tableBytes);
    }
  });
});

describe("a child of a process that holds copies in memory", () => {
  const reason = (pid: number) => `asked for; it is the copy of process ${pid}`;

  it("of Node's, by child_process.fork: has the same memory", async () => {
    const result = await spawnNode(
      `
      ${pagesOf}
      const { run, sharedObjects } = require("inmem-python");
      const [path, load] = process.argv.slice(2);
      const told = () => sharedObjects().map(({ tier, reason, copiedBytes }) => ({ tier, reason, copiedBytes }));
      run(path, { load, stdout: () => {} }).then(() => {
        if (process.send) {
          process.send({ pages: pagesOf(["/memfd:"]), told: told() }, () => process.disconnect());
          return;
        }
        const child = require("node:child_process").fork(__filename, [path, load]);
        child.on("message", (answer) => console.log(JSON.stringify({ pid: process.pid, own: told(), ...answer })));
      });`,
      { args: [bundle, "memfd"] },
    );
    expect(result).toMatchObject(clean);
    const { pid, own, pages, told } = JSON.parse(result.stdout);
    expect(own).toMatchObject([{ reason: "asked for" }, { reason: "asked for" }]);
    const taken = { tier: "memfd", reason: reason(pid), copiedBytes: 0 };
    expect(told).toEqual([taken, taken]);
    // Half of the table belongs to the parent.
    expect(pages.rss).toBeGreaterThanOrEqual(tableBytes);
    expect(pages.pss).toBeLessThan(pages.rss - tableBytes / 3);
  });

  const program = py`
    import json, os, subprocess, sys, usestable
    def held():
        with open("/proc/self/maps") as maps:
            return sorted({line.split()[4] for line in maps if "memfd:libtable" in line})
    if sys.argv[1:] == ["child"]:
        print(json.dumps([usestable.value(), held()]))
    else:
        command = [sys.executable, sys.argv[0], "child"]
        env = {"none": None, "empty": {}}.get(sys.argv[2], {**os.environ, "INMEM_SHARED": sys.argv[2]})
        out = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True).stdout
        print(json.dumps([held(), *json.loads(out)]))
  `;
  const python = zipFile([
    { name: "__main__.py", data: program },
    { name: `usestable${extensionSuffix}`, data: user, align: pageBytes },
    { name: "libs/libtable.so.1", data: library, align: pageBytes },
  ]);

  async function inPython(shared: string) {
    const env = { INMEM_BUNDLES: python, INMEM_LOAD: "memfd" };
    const result = await spawnProcess(launcher, [python, "parent", shared], { env });
    expect(result).toMatchObject(clean);
    const [parent, value, child]: [string[], number, string[]] = JSON.parse(result.stdout);
    expect(value).toBe(Number(sum));
    expect(parent).toHaveLength(1);
    expect(child).toHaveLength(1);
    return { parent, child };
  }

  it.each(["none", "empty"])(
    "of Python's, given %s environment: maps the same file",
    async (how) => {
      const { parent, child } = await inPython(how);
      expect(child).toEqual(parent);
    },
  );

  it.each([
    ["is off", "off"],
    ["names a process that is no more", "/proc/999999999/fd/3"],
    ["names what is no index", "/proc/self/fd/0"],
  ])("has its own where INMEM_SHARED %s", async (_, value) => {
    const { parent, child } = await inPython(value);
    expect(child).not.toEqual(parent);
  });
});

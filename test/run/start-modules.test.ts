// test/run/start-modules.test.ts: every module that is there at a program's first line, listed and explained.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, type SpawnResult, spawnNode, spawnProcess } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

// A module more costs each start its time, and hides one of the same name that a bundle brings. functools, collections,
// typing, re, contextlib, operator or json were milliseconds each: whoever adds a line here has a reason, and measured.

/** Reason -> names. */
type Modules = Readonly<Record<string, string>>;

const core: Modules = {
  "made before any import": "sys builtins _imp _thread _warnings _weakref",
  "importlib, and what it is made of":
    "_frozen_importlib _frozen_importlib_external _io marshal posix",
  "our importer": "_inmem _inmem_boot",
  "the codec of file names and streams":
    "codecs _codecs encodings encodings.aliases encodings.utf_8",
  "the standard streams": "io abc _abc",
  "the handler of SIGINT": "_signal",
  "the program": "__main__",
};

const ownRun: Modules = {
  "begins the program and ends it": "inmem inmem._run _inmem_job atexit gc time _contextvars",
  "puts back what a program bends": "inmem._world",
  "which modules stay between runs": "inmem._keep",
};

const streams: Modules = {
  "sys.stdout that ends in JavaScript": "inmem._streams _functools",
  "the same in children of os.fork()": "inmem._fork",
};

const channel: Modules = { "speaks with the parent": "inmem._child _json" };

const command: Modules = { "of -c: CPython keeps its source for tracebacks": "linecache" };

/** As python3 -c has them; the lists of both would be equal but for our own. */
const site: Modules = {
  "site, which makes sys.path": "site _sitebuiltins os os.path posixpath genericpath stat _stat",
  "of os": "_collections_abc errno",
  "os.path.realpath(strict=True) below a bundle": "inmem._paths",
  "the .pth files of bundles": "inmem._site",
  "looked for sitecustomize: why a module is absent": "inmem inmem._absent",
};

const listing = "import sys; print(*sys.modules)";
const bundle = zipFile({ "__main__.py": listing });
const launcher = join(packageRoot, "build", "Release", "inmem-launcher");

function namesOf(...groups: Modules[]): string[] {
  return groups.flatMap((group) => Object.values(group).flatMap((names) => names.split(" ")));
}

function inNode(options: string): Promise<SpawnResult> {
  return spawnNode(`require("inmem-python").run(process.argv[2], ${options})`, { args: [bundle] });
}

it.each<[string, () => Promise<SpawnResult>, readonly Modules[]]>([
  ["inside Node", () => inNode("{}"), [core, ownRun]],
  [
    "inside Node, with its own stdout",
    () => inNode("{ stdout: (chunk) => process.stdout.write(chunk) }"),
    [core, ownRun, streams],
  ],
  ["in a process of its own", () => inNode("{ process: true }"), [core, ownRun, channel, command]],
  [
    "sys.executable -I -S",
    () => spawnProcess(launcher, ["-I", "-S", "-c", listing]),
    [core, command],
  ],
  ["sys.executable", () => spawnProcess(launcher, ["-c", listing]), [core, command, site]],
])("%s: what is there is what is explained here", async (_, start, groups) => {
  const { stdout, ...result } = await start();
  expect(result).toMatchObject({ code: 0, stderr: "" });
  expect(stdout.trim().split(" ").sort()).toEqual(namesOf(...groups).sort());
});

// test/cpython/python-in-node.mjs: `python -m MODULE args...`, inside Node: what regrtest and its workers are started with.
//
// usage: node python-in-node.mjs BUNDLE [-X opt] [-W opt] [-u] [-E] -m MODULE [args...]
// The interpreter of run() is configured by us: options of the interpreter are passed over. as_writer is a
// module of the bundle (scripts/cpython-tests/bundle.mjs).
import { createRequire } from "node:module";
import process from "node:process";

const { run } = createRequire(import.meta.url)("../../dist/index.js");
const [bundle, ...words] = process.argv.slice(2);
let at = 0;
while (words[at]?.startsWith("-") && words[at] !== "-m") at += /^-[XW]$/.test(words[at]) ? 2 : 1;
if (words[at] !== "-m") throw new Error(`expected -m MODULE, found ${words.join(" ")}`);
const args = words.slice(at + 1);
// The tests are written for a process whose signals are Python's.
const options = { module: "as_writer", args, signals: "python" };
const { exitCode } = await run(bundle, options);
process.exitCode = exitCode;

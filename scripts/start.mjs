// scripts/start.mjs: `npm start`: set everything up, build, and run a stock numpy wheel out of one zip, with evidence.
//
// usage: node scripts/start.mjs
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildAddon } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { hashKey } from "./common/hash.mjs";
import { pathWithoutPython } from "./common/no-python.mjs";
import { RunError, run, say } from "./common/run.mjs";
import { withScratch } from "./common/scratch.mjs";
import { ensureSystemPackages } from "./common/system-packages.mjs";
import { hashTree } from "./house/hash-tree.mjs";
import { isMain, main, root, step } from "./house/main.mjs";
import { stracePackages } from "./house/packages.mjs";
import { readWords } from "./house/words.mjs";
import { straceFiles } from "./strace.mjs";

const app = join(root, "examples", "numpy-app");
const command = join(root, "dist", "cli", "main.js");
const bundle = join(root, "build", "numpy-app.pyz");

// The stock wheel of the registry, packed; again only when an input changed.
async function makeBundle(python, env) {
  const stamp = `${bundle}.stamp`;
  const inputs = hashKey([python, hashTree(app), hashTree(join(root, "dist"))]);
  if (existsSync(bundle) && existsSync(stamp) && readFileSync(stamp, "utf8") === inputs) return;
  mkdirSync(join(root, "build"), { recursive: true });
  const args = [
    "bundle",
    "-r",
    join(app, "requirements.txt"),
    "--main",
    join(app, "main.py"),
    "-o",
    bundle,
  ];
  await step("bundle numpy", () => run(process.execPath, [command, ...args], { env }));
  writeFileSync(stamp, inputs);
}

function versions() {
  const { name, version } = createRequire(import.meta.url)("../package.json");
  return `${name} ${version}, Node ${process.versions.node} (whose own OpenSSL is ${process.versions.openssl})`;
}

async function start() {
  if (process.platform === "linux") await ensureSystemPackages(stracePackages).catch(noStrace);
  const python = await buildAddon();
  await buildLib();
  await withScratch("no-python", async (stubs) => {
    const env = { ...process.env, PATH: pathWithoutPython(stubs) };
    await makeBundle(python, env);
    console.log(versions());
    await runBundle(env);
  });
}

async function runBundle(env) {
  const args = [process.execPath, command, "run", "--report", bundle];
  const started = performance.now();
  const result = spawnSync(args[0], args.slice(1), { env, stdio: "inherit" });
  const seconds = (performance.now() - started) / 1000;
  if (result.status !== 0)
    throw new RunError(`the program ended with ${result.signal ?? result.status}`);
  console.log(`time: ${seconds.toFixed(2)} s, the start of Node included`);
  await countFiles(args, env);
}

// A second run, watched; its output is the same and is not shown again.
async function countFiles(args, env) {
  const seen = await straceFiles(args, { env });
  if (!seen) {
    console.log("files written: not counted: no strace");
    return;
  }
  if (seen.status !== 0)
    throw new RunError(`under strace the program ended with ${seen.status}\n${seen.stderr}`);
  console.log(`files written: ${seen.written.length}`);
  for (const { call, path, flags } of seen.written) console.log(`  ${call} ${path} ${flags}`);
  console.log(`files of Python opened: ${seen.pythonFiles.length} (of ${seen.opens.length} opens)`);
  for (const { path } of seen.pythonFiles) console.log(`  ${path}`);
  if (seen.written.length + seen.pythonFiles.length > 0) process.exitCode = 1;
}

// Without apt or without the right to use it the program still runs.
function noStrace(error) {
  say(`no strace: ${error.message.split("\n")[0]}`);
}

if (isMain(import.meta.url)) {
  readWords(import.meta.url, []);
  await main(start);
}

// scripts/test.mjs: `npm test`: builds everything, runs native, Python and TypeScript tests, counts them in one line.
//
// usage: node scripts/test.mjs [--long] [--native] [--python] [--js] [FILTER...]
// Without a suite's name all run; FILTER goes to vitest. --long runs the long
// suites (*.long.test.ts and the native tests under sanitizers) instead.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildAddon } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { say } from "./common/run.mjs";
import { ensureSystemPackages } from "./common/system-packages.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { runNativeTests } from "./house/native-tests.mjs";
import { stracePackages } from "./house/packages.mjs";
import { readWords } from "./house/words.mjs";
import { makeZip } from "./house/zip.mjs";

const reports = join(root, "build", "reports");
const flags = ["long", "native", "python", "js"];
const words = readWords(import.meta.url, flags, { allowPositionals: true });
const long = words.values.long === true;
const filters = words.positionals;
const asked = ["native", "python", "js"].filter((name) => words.values[name]);
const quick = asked.length > 0 ? asked : filters.length > 0 ? ["js"] : ["native", "python", "js"];

/** Each suite gives `{ passed, failed, skipped }`. */
const suites = {
  native: () => runNativeTests({ reports, sanitize: long }),
  python: () => (long ? none : runPythonTests()),
  js: () => runVitest(),
};

const none = { passed: 0, failed: 0, skipped: 0 };

// In the embedded interpreter: test/python is a program that finds the
// unittest modules beside it, and it runs from memory as any bundle does.
async function runPythonTests() {
  const folder = join(root, "test", "python");
  const bundle = join(reports, "python-tests.pyz");
  const names = readdirSync(folder).filter((name) => name.endsWith(".py"));
  const entries = names.map((name) => [name, readFileSync(join(folder, name))]);
  writeFileSync(bundle, makeZip(Object.fromEntries(entries)));
  const report = join(reports, "python.json");
  const command = join(root, "dist", "cli", "main.js");
  const args = [command, "run", bundle, report, ...filters];
  const status = await show(process.execPath, args);
  return readReport(report, status, ({ passed, failed, skipped }) => ({ passed, failed, skipped }));
}

async function runVitest() {
  const report = join(reports, "vitest.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  // Who reads CI's output wants what failed, and may get no more than a part.
  const reporter = process.env.CI ? "minimal" : "default";
  const options = [`--reporter=${reporter}`, "--reporter=json", `--outputFile.json=${report}`];
  const env = { ...process.env, ...(long ? { INMEM_LONG: "1" } : {}) };
  const status = await show(process.execPath, [vitest, "run", ...options, ...filters], env);
  return readReport(report, status, (json) => {
    for (const name of namesOfFailed(json)) say(`failed: ${name}`);
    return {
      passed: json.numPassedTests,
      // A file that fails as a whole (it does not load) counts none of its tests.
      failed: json.numFailedTests + json.testResults.filter(failedAsWhole).length,
      skipped: json.numPendingTests + json.numTodoTests,
    };
  });
}

function namesOfFailed({ testResults }) {
  return testResults.flatMap((file) => {
    const path = relative(root, file.name);
    if (failedAsWhole(file)) return [path];
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    return failed.map(({ fullName }) => `${path}: ${fullName}`);
  });
}

function failedAsWhole({ status, assertionResults }) {
  return status === "failed" && !assertionResults.some((test) => test.status === "failed");
}

// A runner that dies without a report, or fails with nothing failed in it, is
// one failure: it must not pass for a suite without tests.
function readReport(path, status, counts) {
  const found = existsSync(path) ? counts(JSON.parse(readFileSync(path, "utf8"))) : none;
  return status !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found;
}

function show(program, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
}

async function test() {
  // The sanitized tests have a build of their own.
  if (!long || quick.some((name) => name !== "native")) {
    await ensureSystemPackages(stracePackages);
    await buildAddon({ tests: true });
    await buildLib();
  }
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });

  const total = { ...none };
  for (const name of quick) {
    const started = performance.now();
    const counts = await suites[name]();
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    say(`${name}: ${line(counts)} (${seconds} s)`);
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
  console.log(line(total));
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

if (isMain(import.meta.url)) await main(test);

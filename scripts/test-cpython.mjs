// scripts/test-cpython.mjs: `npm run test:cpython`: CPython's own tests, from memory, and what they find on disk.
//
// usage: node scripts/test-cpython.mjs [--in launcher|node]... [--all] [--jobs N] [--timeout SECONDS] [--resume] [NAME...]
// Without NAME: the files that stand in scripts/cpython-tests/selection.txt; --all: every file. docs: docs/cpython-tests.md
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildAddon } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { cacheDir } from "./common/cache.mjs";
import { run, say } from "./common/run.mjs";
import { ensureTestsBundle } from "./cpython-tests/bundle.mjs";
import { differences, idleRows, readRows, rowFor } from "./cpython-tests/compare.mjs";
import { runFile } from "./cpython-tests/sides.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { numberOf, readWords } from "./house/words.mjs";

const options = {
  in: { type: "string", multiple: true, default: [] },
  all: { type: "boolean", default: false },
  jobs: { type: "string", default: "2" },
  timeout: { type: "string", default: "900" },
  resume: { type: "boolean", default: false },
};

async function testCpython() {
  const given = readWords(import.meta.url, options, { allowPositionals: true });
  const { values, positionals } = given;
  const timeoutSeconds = numberOf(import.meta.url, given, "timeout");
  const jobs = numberOf(import.meta.url, given, "jobs");
  const asked = values.in.length > 0 ? values.in : ["launcher", "node"];
  const unknown = asked.find((side) => side !== "launcher" && side !== "node");
  if (unknown) throw new Error(`no side ${unknown}; there are: launcher, node`);

  const pythonDir = await buildAddon();
  await buildLib();
  const settings = {
    python: join(pythonDir, "disk", "bin", "python3"),
    bundle: await ensureTestsBundle(pythonDir),
    timeoutSeconds,
    keys: { disk: basename(pythonDir), memory: memoryKey() },
    resume: values.resume,
    rows: readRows(),
  };
  const files = await choose(settings, positionals, values.all);
  const results = await runAll(files, asked, settings, jobs);
  for (const { pattern } of idleRows(settings.rows, results)) {
    say(`docs/cpython-tests.md: the row of ${pattern} explains nothing in this run`);
  }
  const failed = report(results, asked, files);
  if (failed) process.exitCode = 1;
}

// What the results from memory depend on: the addon, the launcher and the API.
function memoryKey() {
  const files = ["build/Release/inmem.node", "build/Release/inmem-launcher", "dist/index.js"];
  const hash = createHash("sha256");
  for (const name of files) hash.update(readFileSync(join(root, name)));
  return hash.digest("hex").slice(0, 16);
}

async function choose({ python }, names, all) {
  const { stdout } = await run(python, ["-m", "test", "--list-tests"]);
  const files = stdout.split("\n").filter(Boolean);
  if (all) return files;
  const selection = join(import.meta.dirname, "cpython-tests", "selection.txt");
  const wanted =
    names.length > 0
      ? names
      : readFileSync(selection, "utf8")
          .split("\n")
          .filter((line) => line && !line.startsWith("#"));
  return wanted.flatMap((name) => {
    const found = files.filter(
      (file) => file === name || file === `test.${name}` || file.startsWith(`test.${name}.`),
    );
    if (found.length === 0) throw new Error(`CPython has no test ${name}`);
    return found;
  });
}

async function runAll(files, asked, settings, jobs) {
  const plan = files.flatMap((file) => asked.map((side) => ({ file, side })));
  const waiting = [...plan];
  const results = [];
  const disks = new Map();
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { file, side } = next;
      if (!disks.has(file)) disks.set(file, resultOf("disk", file, settings));
      const disk = await disks.get(file);
      const memory = await resultOf(side, file, settings);
      const result = judge(settings.rows, { file, side, disk, memory });
      results.push(result);
      tell(result, results.length, plan.length);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

// A result of the same build is kept: of the disk always, of memory with --resume.
async function resultOf(side, file, settings) {
  const key = side === "disk" ? settings.keys.disk : settings.keys.memory;
  const dir = join(cacheDir(), "cpython-tests", `${side}-${key}`);
  const path = join(dir, `${file}.json`);
  if ((side === "disk" || settings.resume) && existsSync(path)) {
    return JSON.parse(readFileSync(path, "utf8"));
  }
  const result = await runFile(side, file, settings);
  mkdirSync(dir, { recursive: true });
  writeFileSync(path, JSON.stringify(result));
  return result;
}

function judge(rows, { file, side, disk, memory }) {
  const found = differences(file, disk, memory);
  const withRows = found.map((difference) => ({
    ...difference,
    row: rowFor(rows, side, difference.test),
  }));
  return {
    file,
    side,
    disk,
    memory,
    explained: withRows.filter(({ row }) => row),
    unexplained: withRows.filter(({ row }) => !row),
  };
}

function tell({ file, side, memory, explained, unexplained }, done, all) {
  const counts = sum(memory);
  const more = explained.length > 0 ? `, ${explained.length} explained` : "";
  const bad = unexplained.length > 0 ? `, ${unexplained.length} UNEXPLAINED` : "";
  say(
    `[${done}/${all}] ${side}: ${file}: ${counts.passed} passed, ${counts.skipped} skipped${more}${bad} (${memory.seconds.toFixed(1)} s)`,
  );
  for (const { test, disk, memory: here, reason } of unexplained.slice(0, 8)) {
    say(`    ${test}: ${here}, on disk ${disk}\n${indent(reason ?? "")}`);
  }
}

function indent(text) {
  return text
    .split("\n")
    .slice(-6)
    .map((line) => `        ${line}`)
    .join("\n");
}

function sum({ tests }) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of Object.values(tests)) {
    for (const outcome of Object.keys(total)) total[outcome] += counts[outcome] ?? 0;
  }
  return total;
}

// True where something is not explained.
function report(results, asked, files) {
  const folder = join(root, "build", "reports");
  mkdirSync(folder, { recursive: true });
  const plain = results.map(({ file, side, disk, memory, explained, unexplained }) => ({
    file,
    side,
    disk: sum(disk),
    memory: sum(memory),
    outcome: memory.outcome,
    explained,
    unexplained,
  }));
  writeFileSync(join(folder, "cpython.json"), JSON.stringify(plain, null, 2));
  for (const side of asked)
    console.log(
      line(
        side,
        results.filter((result) => result.side === side),
        files,
      ),
    );
  const unexplained = results.reduce((count, result) => count + result.unexplained.length, 0);
  console.log(
    `${results.filter((result) => result.unexplained.length === 0).length} passed, ${results.filter((result) => result.unexplained.length > 0).length} failed`,
  );
  return unexplained > 0 || results.length === 0;
}

function line(side, results, files) {
  const total = (pick) =>
    results.map(pick).reduce(
      (all, counts) => ({
        passed: all.passed + counts.passed,
        failed: all.failed + counts.failed,
        skipped: all.skipped + counts.skipped,
      }),
      { passed: 0, failed: 0, skipped: 0 },
    );
  const text = ({ passed, failed, skipped }) =>
    `${passed} passed, ${failed} failed, ${skipped} skipped`;
  const [disk, memory] = [
    total(({ disk: found }) => sum(found)),
    total(({ memory: found }) => sum(found)),
  ];
  return `${side}: ${files.length} files: ${text(memory)}; on disk ${text(disk)}`;
}

if (isMain(import.meta.url)) await main(testCpython);

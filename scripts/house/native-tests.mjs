// scripts/house/native-tests.mjs: the GoogleTest programs of the layers, run by ctest, counted test by test.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run, say } from "../common/run.mjs";
import { root } from "./main.mjs";
import { buildSanitized, sanitizerOptions } from "./sanitized-build.mjs";
import { runTool } from "./tool.mjs";

/**
 * Runs them; with `sanitize` the layers that know neither Python nor Node are
 * built again, alone, with address and undefined-behaviour sanitizers.
 */
export async function runNativeTests({ reports, sanitize }) {
  const dir = sanitize
    ? await buildSanitized("native tests with sanitizers", ["all"])
    : join(root, "build");
  const results = join(reports, "native");
  mkdirSync(results, { recursive: true });
  // GoogleTest writes <program>.json there.
  const env = {
    ...process.env,
    ...(sanitize ? sanitizerOptions : {}),
    GTEST_OUTPUT: `json:${results}/`,
  };
  let output;
  try {
    output = await runTool(
      "ctest",
      [
        "--test-dir",
        dir,
        "--output-on-failure",
        "--timeout",
        "300",
        "--parallel",
        String(availableParallelism()),
      ],
      { env },
    );
  } catch (error) {
    output = error.message;
    say(output);
  }
  return count(await listTests(dir), output, results);
}

async function listTests(dir) {
  const { stdout } = await run("ctest", ["--test-dir", dir, "--show-only=json-v1"]);
  return JSON.parse(stdout).tests.map(({ name, command }) => ({
    name,
    program: command?.[0] ?? "",
  }));
}

function count(tests, output, results) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, program } of tests) {
    const report = join(results, `${program.split("/").pop()}.json`);
    const ok = new RegExp(`Test +#\\d+: ${name} \\.* +Passed`).test(output);
    const cases = existsSync(report) ? casesOf(JSON.parse(readFileSync(report, "utf8"))) : [];
    for (const { result, failures } of cases) {
      if (failures?.length > 0) total.failed += 1;
      else if (result === "SKIPPED") total.skipped += 1;
      else total.passed += 1;
    }
    // One that crashed has no report, or a report without a failure.
    if (cases.length === 0 && ok) total.passed += 1;
    if (!ok && !cases.some(({ failures }) => failures?.length > 0)) total.failed += 1;
  }
  return total;
}

function casesOf(report) {
  return report.testsuites
    .flatMap((suite) => suite.testsuite)
    .filter((test) => test.status === "RUN");
}

// test/bridge/caged.long.test.ts: the bridge's tests where the engine allows no memory but its own, as in Electron.
import { join } from "node:path";
import { expect, it } from "vitest";
import { cleanEnv, packageRoot, spawnProcess } from "../helpers/spawn-node.js";

it("pass with INMEM_NO_EXTERNAL_BUFFERS=1, here and in their children", async () => {
  expect(cleanEnv()).not.toHaveProperty("INMEM_LONG");
  const vitest = join(packageRoot, "node_modules", "vitest", "vitest.mjs");
  const words = [vitest, "run", "--reporter=json", "test/bridge"];
  const { stdout, timedOut } = await spawnProcess(process.execPath, words, {
    cwd: packageRoot,
    env: { INMEM_NO_EXTERNAL_BUFFERS: "1" },
    timeoutMs: 1_500_000,
  });
  expect(timedOut).toBe(false);
  const report = JSON.parse(stdout.slice(stdout.indexOf('{"numTotal'))) as Report;
  const failed = report.testResults.flatMap(({ name, status, assertionResults }) =>
    status === "passed" ? [] : [name, ...assertionResults.filter(hasFailed).map(nameOf)],
  );
  expect(failed).toEqual([]);
  const files = report.testResults.map(({ name }) => name);
  for (const file of ["buffers", "dtypes", "own-interpreter", "bad-input"])
    expect(files).toContainEqual(join(packageRoot, "test", "bridge", `${file}.test.ts`));
});

interface Result {
  readonly fullName: string;
  readonly status: string;
}
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly Result[];
  }[];
}
const hasFailed = ({ status }: Result): boolean => status === "failed";
const nameOf = ({ fullName }: Result): string => fullName;

// vitest.config.ts: one process a test file: the interpreter is one a process and is never restarted.
import { defineConfig } from "vitest/config";

// Long suites are *.long.test.ts; `npm run test:long` runs them and nothing else.
const long = process.env["INMEM_LONG"] === "1";

export default defineConfig({
  test: {
    pool: "forks",
    globalSetup: "test/helpers/sweep.ts",
    include: [long ? "test/**/*.long.test.ts" : "test/**/*.test.ts"],
    exclude: long ? [] : ["test/**/*.long.test.ts"],
    testTimeout: long ? 1_800_000 : 60_000,
    hookTimeout: 300_000,
    // Two cores: more files at once would only make the timing tests unsteady.
    maxWorkers: 2,
    restoreMocks: true,
  },
});

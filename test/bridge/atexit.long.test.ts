// test/bridge/atexit.long.test.ts: functions of atexit that would never end, when the process does.
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot, spawnNode } from "../helpers/spawn-node.js";

it("ends what lasts too long, and goes on with the next", async () => {
  const index = JSON.stringify(join(packageRoot, "dist", "index.js"));
  const result = await spawnNode(
    `require(${index}).start().then((py) => {
      py.runPython("import atexit, time; atexit.register(print, 'next'); atexit.register(time.sleep, 600)");
    });`,
  );
  expect(result).toMatchObject({ code: 0, signal: null, timedOut: false, stdout: "next\n" });
  expect(result.stderr).toMatch(/ignored in atexit callback/);
});

// test/run/read-ahead.test.ts: a large bundle is read while Python starts; whatever became of that, the run is right.
import { dirname, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { tmpFile } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";

/** Above the size from which a thread is worth it. */
function largeZip(word: string, main = "import answer; print(answer.word)"): Buffer {
  return Buffer.from(
    makeZip([
      { name: "__main__.py", data: main },
      { name: "answer.py", data: `word = ${JSON.stringify(word)}\n` },
      { name: "tool", data: "#!/bin/sh\necho tool\n", mode: 0o755 },
      { name: "padding.bin", data: Buffer.alloc(2 << 20, 1), method: 0 },
    ]),
  );
}

const first = tmpFile("first.pyz", largeZip("first"));
const second = tmpFile("second.pyz", largeZip("second"));
const broken = tmpFile("broken.pyz", Buffer.alloc(2 << 20, 7));

const head = `
  const { run } = require("inmem-python");
  const { copyFileSync, renameSync } = require("node:fs");
  const tell = ({ code }) => console.log(code);
`;

async function stdoutOf(source: string, cwd?: string): Promise<string> {
  const result = await spawnNode(head + source, cwd === undefined ? {} : { cwd });
  expect(result).toMatchObject({ code: 0, stderr: "" });
  return result.stdout;
}

describe("the first bundle is large", () => {
  it("and runs", async () => {
    expect(await stdoutOf(`run(${JSON.stringify(first)})`)).toBe("first\n");
  });

  it("by a relative path", async () => {
    const name = JSON.stringify(relative(dirname(first), first));
    expect(await stdoutOf(`run(${name})`, dirname(first))).toBe("first\n");
  });

  it("and has programs that a child starts when it has closed all descriptors", async () => {
    const main = py`
      import os, subprocess
      # With cwd the child is one of fork, which opens the program itself.
      subprocess.run([os.path.dirname(__file__) + "/tool"], cwd="/", check=True)
    `;
    const path = tmpFile("programs.pyz", largeZip("", main));
    expect(await stdoutOf(`run(${JSON.stringify(path)})`)).toBe("tool\n");
  });

  it("and is no zip: the run tells, and the next one goes", async () => {
    const source = `run(${JSON.stringify(broken)}).catch(tell).then(() => run(${JSON.stringify(second)}))`;
    expect(await stdoutOf(source)).toBe("ERR_INMEM_NOT_ZIP\nsecond\n");
  });

  it("and was replaced since it was begun", async () => {
    // The run's own reading comes after the microtasks of this turn; the file is another by then.
    const path = tmpFile("replaced.pyz", largeZip("first"));
    const source = `
      const path = ${JSON.stringify(path)};
      copyFileSync(${JSON.stringify(second)}, path + ".new");
      run(path, { signal: AbortSignal.abort() }).catch(tell);
      const going = run(path, {
        get args() { renameSync(path + ".new", path); return []; },
      });
      going.then(() => run(path));
    `;
    // JavaScript tells of the aborted run while Python may already write for the next.
    const lines = (await stdoutOf(source)).trimEnd().split("\n");
    expect(lines.sort()).toEqual(["ERR_INMEM_ABORTED", "second", "second"]);
  });
});

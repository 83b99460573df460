// test/bundle/large.long.test.ts: a file of 4.5 GiB, in bundles below and above 4 GiB: made, tested by other tools, looked into, run.
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { spawnCommand, spawnNode } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { dist, has } from "./support.js";

const SIZE = 4.5 * 2 ** 30 + 1;
const END = "the end";
/** Several pieces, their compressed ones, and Node itself; the file is fifteen times as large. */
const MOST_MEMORY_KIB = 300 * 1024;
const timeoutMs = 900_000;

const MAIN = `
import os
here = os.path.dirname(__file__)
large = os.path.join(here, "data", "large.bin")
print(os.stat(large).st_size, open(os.path.join(here, "data", "later.txt")).read())
`;

let folder = "";
beforeAll(() => {
  folder = tmpDir();
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "__main__.py"), MAIN);
  writeFileSync(join(folder, "data", "later.txt"), "behind it");
  const large = join(folder, "data", "large.bin");
  writeFileSync(large, "");
  truncateSync(large, SIZE); // a hole, but for its end
  writeSync(openSync(large, "r+"), END, SIZE - END.length);
});

async function make(compress: string) {
  const output = join(tmpDir(), `${compress}.pyz`);
  const source = `
    const { bundle } = require("inmem-python");
    bundle(${JSON.stringify({ folder, output, compress, cache: false })}).then(() =>
      console.log(process.resourceUsage().maxRSS),
    );
  `;
  const { code, stdout, stderr } = await spawnNode(source, { timeoutMs });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { output, memory: Number(stdout) };
}

describe.each(["deflate", "zstd", "stored"])("a file of 4.5 GiB, %s", (compress) => {
  let output = "";

  it("is bundled in memory that does not grow with it", async () => {
    const made = await make(compress);
    output = made.output;
    expect(made.memory).toBeGreaterThan(0);
    expect(made.memory).toBeLessThan(MOST_MEMORY_KIB);
    const { size, blocks } = statSync(output);
    if (compress === "stored") expect(size).toBeGreaterThan(SIZE);
    else expect(size).toBeLessThan(SIZE / 100);
    expect(blocks * 512).toBeLessThan(2 ** 26);
    const { entries } = dist.binding().binding().openArchive(output);
    const large = entries.find(({ name }) => name === "data/large.bin");
    expect(large?.sizeBytes).toBe(SIZE);
  });

  // Neither knows zstd.
  it.skipIf(compress === "zstd")("is what unzip and Python's zipfile accept", () => {
    expect(has("unzip") || has("python3")).toBe(true);
    if (has("unzip")) execFileSync("unzip", ["-tqq", output]);
    if (has("python3")) execFileSync("python3", ["-m", "zipfile", "-t", output]);
  });

  it("is audited, inspected and run", async () => {
    const prelude = `process.on("exit", () => console.error(process.resourceUsage().maxRSS));`;
    const preload = join(tmpDir(), "memory.cjs");
    writeFileSync(preload, prelude);
    for (const verb of ["audit", "inspect"]) {
      const nodeArgs = ["--require", preload];
      const { code, stderr } = await spawnCommand([verb, output], { nodeArgs, timeoutMs });
      expect(code).toBe(0);
      expect(Number(stderr)).toBeLessThan(MOST_MEMORY_KIB);
    }
    const { stdout } = await spawnCommand(["run", output], { timeoutMs });
    expect(stdout).toBe(`${SIZE} behind it\n`);
  });

  // What is deflated is inflated as a whole.
  it.skipIf(compress === "deflate")("is signed and verified in full", async () => {
    const path = join(tmpDir(), "signed.pyz");
    const source = `
      const { keygen, sign, verify } = require("inmem-python");
      const { privateKey, publicKey } = keygen(${JSON.stringify(join(tmpDir(), "key"))});
      sign(${JSON.stringify(output)}, { key: privateKey, output: ${JSON.stringify(path)} })
        .then(() => verify(${JSON.stringify(path)}, publicKey))
        .then(({ entries }) => console.log(entries, process.resourceUsage().maxRSS));
    `;
    const { code, stdout, stderr } = await spawnNode(source, { timeoutMs });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [entries, memory] = stdout.split(" ").map(Number);
    expect(entries).toBe(4);
    expect(memory).toBeLessThan(MOST_MEMORY_KIB);
  });

  it("is extracted, as the benchmark does it", async () => {
    const to = tmpDir();
    const source = `
      const { binding } = require("./dist/binding.js");
      const { extractBundle } = require("./dist/measure/extract.js");
      extractBundle(binding(), ${JSON.stringify(output)}, ${JSON.stringify(to)}).then(() =>
        console.log(process.resourceUsage().maxRSS),
      );
    `;
    const { code, stdout } = await spawnNode(source, { timeoutMs });
    expect(code).toBe(0);
    expect(Number(stdout)).toBeLessThan(MOST_MEMORY_KIB);
    const end = Buffer.alloc(END.length + 1);
    const file = openSync(join(to, "data", "large.bin"), "r");
    readSync(file, end, 0, end.length, SIZE - end.length);
    expect([statSync(join(to, "data", "large.bin")).size, end.toString()]).toEqual([
      SIZE,
      `\0${END}`,
    ]);
    closeSync(file);
  });
});

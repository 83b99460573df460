// test/bundle/bomb.test.ts: zip bombs: as a wheel, as what --from is given, as a bundle that runs.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { launcher } from "../children/support.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";
import { dist } from "./support.js";

const MEBIBYTE = 1 << 20;

/** Deflate's data of so many MiB of zeros, at a thousandth: blocks that end at a byte, joined. */
function zeros(mebibytes: number): Buffer {
  const options = { finishFlush: constants.Z_FULL_FLUSH };
  const block = deflateRawSync(Buffer.alloc(MEBIBYTE), options);
  return Buffer.concat([...Array<Buffer>(mebibytes).fill(block), Buffer.from([3, 0])]);
}

// Stored for the writer; bomb() tells the method in the headers.
const entry = (name: string, mebibytes: number) => {
  const data = zeros(mebibytes);
  return { name, data, size: mebibytes * MEBIBYTE };
};

/** A zip whose entry `bomb` unpacks to so many MiB. */
function bomb(files: Record<string, string>, mebibytes: number): Buffer {
  const others = Object.entries(files).map(([name, data]) => ({ name, data }));
  const zip = makeZip([...others, entry("bomb", mebibytes)]);
  // 0 -> 8 in the local header and the record of the last entry.
  const record = zip.lastIndexOf(Buffer.from("PK\x01\x02", "latin1"));
  zip.writeUInt16LE(8, record + 10);
  zip.writeUInt16LE(8, zip.readUInt32LE(record + 42) + 8);
  return zip;
}

const row = (name: string, text: string) =>
  `${name},sha256=${createHash("sha256").update(text).digest("base64url")},${text.length}\n`;

function wheel(mebibytes: number): string {
  const files: Record<string, string> = {
    "boom-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: boom\nVersion: 1.0\n",
    "boom-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  };
  const rows = Object.entries(files).map(([name, text]) => row(name, text));
  const record = "boom-1.0.dist-info/RECORD";
  files[record] = `${rows.join("")}bomb,sha256=${"A".repeat(43)},1\n${record},,\n`;
  const path = join(tmpDir(), "boom-1.0-py3-none-any.whl");
  writeFileSync(path, bomb(files, mebibytes));
  return path;
}

describe("a zip bomb", () => {
  const output = () => join(tmpDir(), "out.pyz");

  it("is refused as a wheel and as another tool's program, before it is unpacked", async () => {
    const told = { code: "ERR_INMEM_BUNDLER", message: expect.stringContaining("that unpack to") };
    const { bundle } = dist.bundle();
    const made = bundle({ requirements: [wheel(2048)], noIndex: true, output: output() });
    await expect(made).rejects.toMatchObject(told);
    const program = join(tmpDir(), "app.pyz");
    writeFileSync(program, bomb({ "__main__.py": "" }, 2048));
    await expect(bundle({ from: program, output: output() })).rejects.toMatchObject(told);
  });

  it("in a bundle costs nothing until it is read, and that fails as it does for want of memory", async () => {
    const main = [
      "import os, sys",
      "size = os.stat(os.path.dirname(__file__) + '/bomb').st_size",
      "print(size, flush=True)",
      "try:",
      "    open(os.path.dirname(__file__) + '/bomb', 'rb').read()",
      "except (MemoryError, OSError, ImportError) as error:",
      "    print('refused')",
    ];
    const program = join(tmpDir(), "app.pyz");
    writeFileSync(program, bomb({ "__main__.py": `${main.join("\n")}\n` }, 2048));
    const words = ["-c", 'ulimit -v 1500000; exec "$0" "$@"', launcher, program];
    const { stdout } = await promisify(execFile)("sh", words);
    expect(stdout).toBe(`${2048 * MEBIBYTE}\nrefused\n`);
  });
});

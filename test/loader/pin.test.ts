// test/loader/pin.test.ts: a bundle's file that is rewritten in place while its libraries run, with `pin` and without.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { spawnCommand, spawnNode } from "../helpers/spawn-node.js";
import { tableLibrary } from "../helpers/table-library.js";
import { zipFile } from "../helpers/zip.js";

const tableBytes = 1 << 20;
const { library, sum } = tableLibrary("libpinned", tableBytes);

/** A fresh bundle: each test spoils its own. */
const bundle = () =>
  zipFile([
    {
      name: "__main__.py",
      // The table is overwritten in the file that it was loaded from, and read before and after.
      data: py`
        import ctypes, os
        path = os.path.dirname(__file__)
        table_sum = ctypes.CDLL(path + "/libpinned.so").table_sum
        before = table_sum()
        with open(path, "r+b") as file:
            at = file.read().index((3).to_bytes(8, "little") * 1024)
            file.seek(at)
            file.write(bytes(${tableBytes}))
        print(before, table_sum())
      `,
    },
    { name: "libpinned.so", data: library, align: 4096 },
  ]);

async function runIn(options: string): Promise<{ stdout: string; tier: string; reason: string }> {
  const { code, stdout, stderr } = await spawnNode(
    `const { run, sharedObjects } = require("inmem-python");
     let stdout = "";
     run(process.argv[2], { stdout: (chunk) => { stdout += chunk; }, ...${options} }).then(() => {
       const [{ tier, reason }] = sharedObjects();
       console.log(JSON.stringify({ stdout, tier, reason }));
     });`,
    { args: [bundle()] },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

describe("a bundle that is rewritten in place", () => {
  it("without pin: mapped pages are those of the file, as on disk", async () => {
    expect(await runIn("{}")).toMatchObject({ stdout: `${sum} 0\n`, tier: "mapped" });
  });

  it("pin: a sealed copy sees nothing of it", async () => {
    const { stdout, tier, reason } = await runIn("{ pin: true }");
    expect({ stdout, tier }).toEqual({ stdout: `${sum} ${sum}\n`, tier: "memfd" });
    expect(reason).toBe("a sealed copy was asked for");
  });

  it("--pin of the command line: the same", async () => {
    const { stdout } = await spawnCommand(["run", "--pin", bundle()]);
    expect(stdout).toBe(`${sum} ${sum}\n`);
  });
});

// test/isolation/static-runtime.test.ts: a library with a C++ runtime of its own, which it exports, beside that of Node.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { refusedTiers } from "../../scripts/wheels/refused.mjs";
import { diskPython } from "../helpers/disk-python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

// What formats and parses looks its facets up by ids, which are STB_GNU_UNIQUE.
const source = `#include <locale>
#include <sstream>
#include <string>
extern "C" const char *facts() {
  static std::string text;
  std::ostringstream out;
  out << 42 << ' ' << 1.5 << ' ' << true << ' ' << out.good();
  int number = -1;
  std::istringstream("17") >> number;
  text = out.str() + ' ' + std::to_string(number) + std::use_facet<std::numpunct<char>>(std::locale()).decimal_point();
  return text.c_str();
}`;

const program = `
import ctypes, os, sys
for name in sys.argv[1:]:
    library = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), f"lib{name}.so"))
    library.facts.restype = ctypes.c_char_p
    print(name, library.facts().decode())
`;

const runtimes = {
  exported: ["-static-libstdc++", "-static-libgcc"],
  hidden: ["-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL"],
  host: [],
};
const names = Object.keys(runtimes);
const tiers = ["mapped", "memfd", "tmpfs"];

describe("a static C++ runtime that is exported", () => {
  const folder = tmpDir("static-runtime");
  let bundle: string;
  let refused: Record<string, string>;

  beforeAll(async () => {
    const files: Record<string, string | Buffer> = { "__main__.py": program };
    for (const [name, words] of Object.entries(runtimes)) {
      files[`lib${name}.so`] = sharedObject(`runtime-${name}`, source, words, "c++");
    }
    mkdirSync(folder, { recursive: true });
    for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
    bundle = zipFile(files);
    refused = await refusedTiers(tiers, process.execPath);
  }, 120_000);

  const alone = (name: string) =>
    execFileSync(diskPython(), ["-I", folder, name], { encoding: "utf8" });

  it("works on disk, alone in its process", () => {
    for (const name of names) expect(alone(name)).toBe(`${name} 42 1.5 1 1 17.\n`);
  });

  it.for(tiers)("works in Node beside the others by --load=%s", async (tier, { skip }) => {
    skip(refused[tier] !== undefined, refused[tier]);
    for (const order of [names, names.toReversed()]) {
      const words = ["run", `--load=${tier}`, "--report=json", bundle, ...order];
      const { stdout, stderr } = await spawnCommand(words);
      expect(stdout).toBe(order.map(alone).join(""));
      expect(JSON.parse(stderr).totals.violations).toBe(0);
    }
  });
});

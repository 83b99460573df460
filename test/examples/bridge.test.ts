// test/examples/bridge.test.ts: the programs of examples/bridge print what examples/README.md says.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheDir, ensureEntry } from "../../scripts/common/cache.mjs";
import { hashKey } from "../../scripts/common/hash.mjs";
import { commandLine, packageRoot, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

interface Shown {
  readonly command: string;
  readonly output: string;
}

/** Blocks of the page: commands, each with what it prints. */
const page = readFileSync(join(packageRoot, "examples", "README.md"), "utf8");
const bridge = page.slice(page.indexOf("\n## bridge\n"));
const blocks = [...bridge.matchAll(/^```\n(\$ [\s\S]*?)^```$/gm)].map(([, block = ""]) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part): Shown => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), output: part.slice(end + 1) };
    }),
);

/** The text of what goes into a bundle: its name in the cache. */
function contentOf(words: readonly string[]): string[] {
  const folders = words.map((word) => join(packageRoot, word)).filter((path) => existsSync(path));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.(py|toml)$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
}

/** `inmem-python bundle`, once: the index need not be asked each time. */
async function bundle(words: readonly string[], path: string): Promise<void> {
  const name = `example-${hashKey([...words, ...contentOf(words)])}`;
  const entry = join(cacheDir(), "wheels", "sets", name);
  mkdirSync(dirname(entry), { recursive: true });
  await ensureEntry(entry, words.join(" "), async (temporary: string) => {
    const output = ["-o", join(temporary, "made.pyz")];
    const made = await node([commandLine, ...words, ...output], packageRoot);
    expect(made).toEqual({ code: 0, stdout: "", stderr: "" });
  });
  copyFileSync(join(entry, "made.pyz"), path);
}

async function node(words: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await spawnProcess(process.execPath, [...words], { cwd });
  return { code, stdout, stderr };
}

async function run(command: string, cwd: string) {
  const words = command.split(" ");
  const [program, name] = words;
  if (program === "node") return node(words.slice(1), cwd);
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  if (name === "tsc") return node([tsc, ...words.slice(2)], cwd);
  expect([program, name]).toEqual(["npx", "inmem-python"]);
  if (words[2] !== "bundle") return node([commandLine, ...words.slice(2)], cwd);
  expect(words.at(-2)).toBe("-o");
  await bundle(words.slice(2, -2), join(cwd, words.at(-1) as string));
  return { code: 0, stdout: "", stderr: "" };
}

/** A folder with the examples in it, where the package and its types are installed. */
function project(): string {
  const folder = tmpDir();
  cpSync(join(packageRoot, "examples"), join(folder, "examples"), { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(packageRoot, join(folder, "node_modules", "inmem-python"));
  const types = join("node_modules", "@types");
  symlinkSync(join(packageRoot, types), join(folder, types));
  return folder;
}

describe("examples/bridge", () => {
  it("is on the page, all of it", () => {
    const folder = join(packageRoot, "examples", "bridge");
    const programs = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /(^[^/]*|main|server)\.mjs$/.test(name))
      .map((name) => `node examples/bridge/${name}`);
    expect(programs.length).toBeGreaterThanOrEqual(8);
    const commands = blocks.flat().map(({ command }) => command.replace(/ \S+\.pyz$/, ""));
    expect(programs.filter((program) => !commands.includes(program))).toEqual([]);
  });

  it.each(blocks.map((block) => [(block.at(-1) as Shown).command, block] as const))(
    "%s",
    async (_, block) => {
      const folder = project();
      for (const { command, output } of block) {
        expect({ command, ...(await run(command, folder)) }).toEqual({
          command,
          code: 0,
          stdout: output,
          stderr: "",
        });
      }
    },
  );
});

// test/cli/docs.test.ts: docs/cli.md shows what the commands print today.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { packageRoot, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";

const text = readFileSync(join(packageRoot, "docs", "cli.md"), "utf8");

/** Whose home the page shows. */
const HOME = "/home/me/hello";

/** Command -> what the page says that it prints. */
const shown = new Map(
  [...text.matchAll(/^```\n(\$ inmem-python [\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ inmem-python /m)
      .slice(1)
      .map((part): [string, string] => {
        const [command = "", ...output] = part.split("\n");
        return [command, output.join("\n")];
      }),
  ),
);

/** Without what is another one on each machine and each day. */
function shape(output: string): string {
  return output
    .replaceAll(/\b[\da-f]{64}\b/g, "KEY")
    .replaceAll(/\b[\d.]+ ([KMG]i)?B\b/g, "SIZE")
    .replaceAll(/\b\d+ (entries|shared objects|ELF objects)/g, "N $1")
    .replaceAll(/\bglibc [\d.]+|manylinux_\d+_\d+/g, "GLIBC")
    .replaceAll(/(there are|from versions:) [^;)]*/g, "$1 LIST");
}

/** Titles and heads of tables, a word for each cell. */
function heads(output: string): string[] {
  const lines = output.split("\n");
  const isHead = (line: string) => /^ +(wheel|in the file|distribution|object) /.test(line);
  return lines
    .filter((line) => isHead(line) || /^\S/.test(line))
    .map((line) => shape(line).trim().replaceAll(/ {2,}/g, " | "));
}

let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  const wheel = await pypiWheel({ requirement: "humanize==4.17.0", platforms: ["any"] });
  folder = tmpDir();
  // An index that knows humanize, and of tensorflow what fits nothing here.
  const links = tmpDir();
  copyFileSync(wheel, join(links, basename(wheel)));
  writeFileSync(join(links, "tensorflow-2.5.0-cp36-cp36m-manylinux2010_x86_64.whl"), "");
  const settings = { PIP_NO_INDEX: "1", PIP_CONFIG_FILE: "/dev/null", PIP_FIND_LINKS: links };
  env = { ...settings, XDG_CACHE_HOME: join(folder, "cache") };
  const script = `# /// script\n# dependencies = ["humanize"]\n# ///\nimport humanize\n`;
  writeFileSync(join(folder, "script.py"), script);
  writeFileSync(
    join(folder, "hello.py"),
    "import humanize, os, sys\nprint(sys.argv[2], humanize.naturalsize(10**9), os.environ['LANG_OF_GREETING'])\n",
  );
  const description = /^```toml\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? "";
  writeFileSync(join(folder, "inmem.toml"), description);
});

/** What is printed, as on the page's machine. */
async function printed(command: string): Promise<string> {
  const { stdout, stderr } = await spawnCommand(command.split(" "), { cwd: folder, env });
  return (stdout + stderr).replaceAll(folder, HOME);
}

it("names each command", async () => {
  const { stdout } = await spawnCommand(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) .* {2,}\S/gm)].map(([, name]) => name);
  const told = [...text.matchAll(/^ {4}inmem-python ([a-z]+) /gm)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(10);
  expect(told.sort()).toEqual(commands.filter((name) => name !== "help").sort());
});

it("shows what is printed, one command after another", async () => {
  const commands = [
    "bundle script.py -o script.pyz",
    "run .",
    "bundle tensorflow==2.5.0 -o x.pyz",
    "keygen release",
    "sign --key release app.pyz",
    "verify --key release.pub app.pyz",
    "run --verify release.pub app.pyz",
    "run --verify other.pub app.pyz",
  ];
  for (const command of commands) {
    if (command.startsWith("keygen")) {
      copyFileSync(join(folder, "script.pyz"), join(folder, "app.pyz"));
      await printed("keygen other");
    }
    expect(shown.has(command), command).toBe(true);
    expect([command, shape(await printed(command))]).toEqual([
      command,
      shape(shown.get(command) ?? ""),
    ]);
  }
});

it("shows the tables of audit and inspect as they are", async () => {
  copyFileSync(await wheelBundle(["numpy==2.3.4"], { "__main__.py": "" }), join(folder, "app.pyz"));
  for (const command of ["audit app.pyz", "inspect app.pyz"]) {
    const [page, now] = [heads(shown.get(command) ?? ""), heads(await printed(command))];
    expect(page.length, command).toBeGreaterThan(2);
    // The page cuts inspect's audit short, whose tables it shows above.
    const end = page.findIndex((line) => line.endsWith("..."));
    if (end < 0) expect(now).toEqual(page);
    else expect(now.slice(0, end)).toEqual(page.slice(0, end));
  }
});

// test/import/conformance/conformance.test.ts: one package from disk by the stock importer, and from a bundle by ours.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { diskPython } from "../../helpers/disk-python.js";
import { commandLine, packageRoot } from "../../helpers/spawn-node.js";
import { tmpDir } from "../../helpers/tmp.js";
import { makeTree, type Tree, withBytecode } from "./tree.js";

type Facts = Record<string, unknown>;

/** Keys that docs/import-semantics.md lists: module.fact, a `|` between those of one row. */
function listed(): Set<string> {
  const page = readFileSync(join(packageRoot, "docs", "import-semantics.md"), "utf8");
  const section = page.split("## What the two-sided suite finds")[1]?.split("\n## ")[0] ?? "";
  const rows = [...section.matchAll(/^\| (`.+?`) \|/gm)].map((match) => match[1] as string);
  const keys = rows.flatMap((row) => [...row.matchAll(/`([\w.]+)`/g)]);
  return new Set(keys.map((key) => key[1] as string));
}

let tree: Tree;
let disk: Facts;

/** Each side in a process of its own, from the same folder, with the same arguments. */
function facts(program: string, args: readonly string[], other: string, tmp = tmpdir()): Facts {
  const path = join(tmpDir("facts"), "facts.json");
  const cwd = dirname(tree.app.folder);
  const all = [...args, other, tree.real, tmp, path];
  const env = { ...process.env, TMPDIR: tmp };
  execFileSync(program, all, { stdio: "pipe", cwd, env, timeout: 60_000 });
  return JSON.parse(readFileSync(path, "utf8")) as Facts;
}

function fromDisk(): Facts {
  // The flags that run() has: docs/import-semantics.md, "What differs".
  const flags = ["-I", "-S", "-B", "-X", "utf8"];
  return facts(diskPython(), [...flags, tree.app.folder], tree.other.folder);
}

function fromBundle(zip: string): Facts {
  return facts(process.execPath, [commandLine, "run", zip], tree.other.zip);
}

/** `__cached__` where bytecode lies beside its source, as docs/import-semantics.md says. */
function besideSource(facts: Facts): Facts {
  const text = JSON.stringify(facts).replaceAll(/__pycache__\/(\w+)\.cpython-313\.pyc/g, "$1.pyc");
  return JSON.parse(text) as Facts;
}

function differing(disk: Facts, ours: Facts): string[] {
  const keys = new Set([...Object.keys(disk), ...Object.keys(ours)]);
  return [...keys].filter((key) => JSON.stringify(disk[key]) !== JSON.stringify(ours[key])).sort();
}

function compare(disk: Facts, ours: Facts) {
  const unlisted = differing(disk, ours).filter((key) => !listed().has(key));
  const pick = (facts: Facts) => Object.fromEntries(unlisted.map((key) => [key, facts[key]]));
  expect(pick(ours)).toEqual(pick(disk));
  expect(unlisted).toEqual([]);
}

describe("a package of every oddity", () => {
  beforeAll(async () => {
    tree = await makeTree();
    disk = fromDisk();
  }, 120_000);

  it("has facts, and none of them is a fault of the suite", () => {
    expect(Object.keys(disk).length).toBeGreaterThan(200);
    const faults = Object.entries(disk).filter(([, value]) => String(value).startsWith("raises "));
    expect(faults).toEqual([]);
  });

  it("is the same from a bundle, but for what docs/import-semantics.md lists", () => {
    const ours = fromBundle(tree.app.zip);
    compare(disk, ours);
    const differ = new Set(differing(disk, ours));
    expect([...listed()].filter((key) => !differ.has(key))).toEqual([]);
  });

  it("is the same with bytecode beside each source", () => {
    const ours = fromBundle(withBytecode(tree.app.folder));
    compare(besideSource(disk), besideSource(ours));
  });

  it("asks the kernel for no bundled file, and writes none", () => {
    const log = join(tmpDir("strace"), "strace.log");
    const strace = ["-f", "-qq", "-s", "400", "-e", "trace=file", "-o", log];
    const node = [process.execPath, commandLine, "run", tree.app.zip];
    const tmp = tmpDir("probes");
    facts("strace", [...strace, ...node], tree.other.zip, tmp);
    const calls = readFileSync(log, "utf8").split("\n");
    expect(calls.length).toBeGreaterThan(500);
    const below = [tree.app.zip, tree.other.zip].map((zip) => `"${zip}/`);
    expect(calls.filter((call) => below.some((start) => call.includes(start)))).toEqual([]);
    const written = calls.filter((call) =>
      /O_WRONLY|O_RDWR|O_CREAT|mkdir|rename|[^d]link(?!at\(\d)/.test(call),
    );
    // The probes' own files, by path or beside a descriptor of their folder, and the facts.
    const own = [`"${tmp}/`, '/facts.json"', '"/dev/'];
    const others = written.filter((call) => !own.some((part) => call.includes(part)));
    expect(others).toEqual([]);
  });
});

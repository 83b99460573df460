// test/house/layers.test.ts: the fences between the layers hold: a wrong include does not compile, a right one does.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

const native = join(packageRoot, "native");

interface CompileCommand {
  file: string;
  directory: string;
  command: string;
}

const commands: CompileCommand[] = JSON.parse(
  readFileSync(join(packageRoot, "build", "compile_commands.json"), "utf8"),
);

interface Row {
  uses: string[];
  python: boolean;
  node: boolean;
}

/** The table of docs/architecture.md: what a layer may include besides itself. */
function readTable(): Record<string, Row> {
  const text = readFileSync(join(packageRoot, "docs", "architecture.md"), "utf8");
  const section = text.split("\n## Layers\n")[1]?.split("\n## ")[0] ?? "";
  const rows: Record<string, Row> = {};
  for (const line of section.split("\n")) {
    const [, layer = "", uses = "", sees = ""] = line.split("|").map((cell) => cell.trim());
    if (!/^\w+$/.test(layer) || layer === "layer") continue;
    rows[layer] = {
      uses: uses.split(" ").filter((name) => name !== ""),
      python: sees.includes("Python.h"),
      node: sees.includes("napi.h"),
    };
  }
  return rows;
}

const table = readTable();

/** Compiles `source` with the real flags of a layer's own file; gives the complaints. */
function compile(layer: string, source: string): { ok: boolean; errors: string } {
  const own = commands.find(
    ({ file }) => file.startsWith(join(native, layer, "/")) && !file.endsWith("_test.cc"),
  );
  if (!own) throw new Error(`no file of ${layer} is compiled`);
  const path = join(tmpDir("fence"), "probe.cc");
  writeFileSync(path, source);
  const words = own.command.replaceAll(/ -o \S+| -c \S+/g, "").split(" ");
  const [program, ...flags] = words.filter((word) => word !== "" && !word.endsWith("ccache"));
  const result = spawnSync(program as string, [...flags, "-fsyntax-only", path], {
    cwd: own.directory,
    encoding: "utf8",
  });
  return { ok: result.status === 0, errors: result.stderr };
}

/**
 * One header of a layer, as others name it. A layer that uses another without
 * seeing Python.h can only take those of its headers that do not need it.
 */
function headerOf(layer: string, python = true): string | undefined {
  const names = readdirSync(join(native, layer)).filter((name) => name.endsWith(".h"));
  const text = (name: string) => readFileSync(join(native, layer, name), "utf8");
  const usable = names.filter((name) => python || !/"cpython\/|<Python\.h>/.test(text(name)));
  const usual = [`${layer}.h`, "status.h", "python_setup.h", "napi_setup.h"];
  const name = usual.find((candidate) => usable.includes(candidate)) ?? usable.sort()[0];
  return name && `${layer}/${name}`;
}

const foreign = (name: string) => `#include <${name}>\n`;
const layerHeader = (layer: string, python = true) => {
  const header = headerOf(layer, python);
  return header ? `#include "${header}"\n` : "";
};
const built = Object.keys(table).filter((layer) =>
  existsSync(join(native, layer, "CMakeLists.txt")),
);

describe("every layer of the table is built", () => {
  it.each(Object.keys(table))("%s", (layer) => {
    expect(built).toContain(layer);
  });
});

describe.each(built)("%s", (layer) => {
  const row = table[layer] as Row;

  it("may include itself and what stands above it", () => {
    const allowed = [layer, ...row.uses].map((name) => layerHeader(name, row.python)).join("");
    expect(compile(layer, allowed)).toEqual({ ok: true, errors: expect.any(String) });
  });

  const others = built.filter((other) => other !== layer && !reach(layer).has(other));
  // Skipped for a layer that may include all others: nothing is forbidden to it.
  it.skipIf(others.length === 0).each(others)("may not include %s", (other) => {
    const { ok, errors } = compile(layer, layerHeader(other));
    expect(ok).toBe(false);
    expect(errors).toContain("No such file or directory");
  });

  it(row.python ? "sees Python.h" : "may not include Python.h", () => {
    expectInclude(layer, "Python.h", row.python);
  });

  it(row.node ? "sees napi.h" : "may not include napi.h", () => {
    expectInclude(layer, "napi.h", row.node);
  });
});

// A layer's headers may name the types of the layers they stand on, so what a
// used layer uses is reachable too.
function reach(layer: string): Set<string> {
  const uses = table[layer]?.uses ?? [];
  return new Set(uses.flatMap((used) => [used, ...reach(used)]));
}

function expectInclude(layer: string, name: string, allowed: boolean): void {
  const { ok, errors } = compile(layer, foreign(name));
  if (allowed) {
    expect({ ok, errors }).toEqual({ ok: true, errors: expect.any(String) });
  } else {
    expect(ok).toBe(false);
    expect(errors).toContain(`${name}: No such file or directory`);
  }
}

// test/types/support.ts: declarations of a bundle, and what TypeScript says of programs that use them.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

const settings = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023"],
    types: ["node"],
    typeRoots: [join(packageRoot, "node_modules", "@types")],
    module: "nodenext",
    moduleResolution: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    // The declarations themselves are checked, too.
    skipLibCheck: false,
    noEmit: true,
  },
};

/** A folder in which `import "inmem-python"` finds this package. */
export function projectFolder(files: Readonly<Record<string, string>>): string {
  const folder = tmpDir("types");
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(packageRoot, join(folder, "node_modules", "inmem-python"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  return folder;
}

/** The complaints of the pinned compiler about a project, a line each. */
export function complaints(files: Readonly<Record<string, string>>): string[] {
  const folder = projectFolder(files);
  const tsc = join(packageRoot, "node_modules", "typescript", "bin", "tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", "."], {
      cwd: folder,
      encoding: "utf8",
      stdio: "pipe",
    });
    return [];
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (!stdout) throw error;
    return stdout.trimEnd().split("\n");
  }
}

/**
 * Compiles statements, each in a function of its own, that see a module as `m` and its types as
 * `t`; gives those of `right` that were refused and those of `wrong` that were not.
 */
export function misjudged(
  declarations: string,
  { right, wrong, extra = "" }: { right: string[]; wrong: string[]; extra?: string },
): { refused: string[]; taken: string[]; elsewhere: string[] } {
  const head = `import { kwargs, type PyKwargs } from "./kwargs.js";
import type * as t from "./app.js";
declare const py: { pyimport<T>(name: string): T };
const m = py.pyimport<typeof import("./app.js")>("app");
${extra}
export type Used = t.$Modules | PyKwargs;
export const used = [m, kwargs];
`;
  const first = head.split("\n").length;
  const every = [...right, ...wrong].map((statement, i) => {
    if (statement.includes("\n")) throw new Error(`more than one line: ${statement}`);
    return `export async function check${i}() { ${statement} }`;
  });
  const kwargsFile = `import type { PyKwargs } from "inmem-python";
export type { PyKwargs };
export declare function kwargs<const K extends object>(words: K): PyKwargs<K>;
`;
  const said = complaints({
    "app.d.ts": declarations,
    "kwargs.d.ts": kwargsFile,
    "use.ts": head + every.join("\n"),
  });
  const lines = new Set<number>();
  const elsewhere = [];
  for (const line of said) {
    const found = /^use\.ts\((\d+),/.exec(line);
    if (found !== null && Number(found[1]) >= first) lines.add(Number(found[1]) - first);
    else if (!line.startsWith(" ")) elsewhere.push(line);
  }
  return {
    refused: right.filter((_, i) => lines.has(i)),
    taken: wrong.filter((_, i) => !lines.has(right.length + i)),
    elsewhere,
  };
}

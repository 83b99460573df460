// lib/bundle/foreign.ts: `bundle --from`: what another tool packed, as the files of a bundle.
import { createWriteStream, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { InmemError } from "../errors.js";
import { scriptsIn } from "./entry-points.js";
import { type ForeignEntry, foreignLayout } from "./foreign-layout.js";
import { SCRIPT_FOLDER } from "./kind.js";
import type { PlannedFile } from "./plan.js";
import { parseRecord } from "./record.js";
import { type SourceFile, sourceFiles } from "./source-files.js";
import { openWheel, type Wheel, type WheelInfo } from "./wheel.js";

/** A program of another tool, taken apart. */
export interface ForeignProgram {
  readonly files: readonly PlannedFile[];
  /** What is installed in it; without files of their own, those being among `files`. */
  readonly distributions: readonly Wheel[];
  /** Whole wheels in it, still to be spread. */
  readonly wheels: readonly Wheel[];
}

/** Where it is, whom it is for, and a private folder for wheels that lie in it. */
export interface ForeignRequest {
  readonly path: string;
  readonly pythonVersion: string;
  readonly folder: string;
}

/**
 * Opens a pex, a shiv file, a zipapp, a bundle, or a folder with a site-packages.
 * @throws {InmemError} ERR_INMEM_BUNDLER when it cannot be understood; codes of broken archives.
 */
export async function openForeign(request: ForeignRequest): Promise<ForeignProgram> {
  const origin = basename(resolve(request.path));
  const sources = new Map(sourceFiles(request.path).map((file) => [file.name, file]));
  const layout = foreignLayout(origin, (name) => sources.get(name)?.read());
  const wheels: Wheel[] = [];
  const placed = new Map<string, SourceFile>();
  for (const [path, file] of sources) {
    const wheel = /^\.deps\/([^/]+\.whl)$/.exec(path)?.[1];
    if (layout.tool === "pex" && wheel !== undefined) {
      const copy = join(request.folder, wheel);
      if (file.large) await pipeline(file.large.pieces(), createWriteStream(copy));
      else writeFileSync(copy, file.read());
      wheels.push(await openWheel(copy, request.pythonVersion));
      continue;
    }
    const name = layout.place(path);
    if (name !== undefined) placed.set(name, file);
  }
  const installed = distributionsIn(placed);
  const files = filesOf(placed, installed, origin);
  const all = [...wheels, ...installed];
  if (layout.entry) files.push(mainFile(layout.entry, all, placed, origin));
  return { files, distributions: installed, wheels };
}

interface Installed extends Wheel {
  /** Names of its files, as its RECORD says. */
  readonly names: ReadonlySet<string>;
}

function filesOf(
  placed: ReadonlyMap<string, SourceFile>,
  installed: readonly Installed[],
  origin: string,
): PlannedFile[] {
  const owners = new Map(
    installed.flatMap(({ info, names }) => [...names].map((name) => [name, info.name])),
  );
  return [...placed].flatMap(([name, { mode, sizeBytes, large, read, deflated }]) => {
    // Compiled anew from the source beside it.
    if (name.endsWith(".pyc") && placed.has(name.slice(0, -1))) return [];
    const distribution = owners.get(name);
    return [{ name, mode, sizeBytes, large, read, deflated, origin, distribution }];
  });
}

function distributionsIn(placed: ReadonlyMap<string, SourceFile>): Installed[] {
  const text = (name: string) => placed.get(name)?.read().toString("utf8") ?? "";
  return [...placed.keys()].sort().flatMap((path) => {
    const folder = /^([^/]+\.dist-info)\/METADATA$/.exec(path)?.[1];
    if (folder === undefined) return [];
    const [header = ""] = text(path).split(/\r?\n\r?\n/, 1);
    const name = /^Name:\s*(\S+)/im.exec(header)?.[1] ?? folder;
    const version = /^Version:\s*(\S+)/im.exec(header)?.[1] ?? "";
    const info: WheelInfo = { name, version, tags: tagsIn(text(`${folder}/WHEEL`)) };
    const names = new Set([...recordNames(text(`${folder}/RECORD`)), path]);
    const scripts = scriptsIn(text(`${folder}/entry_points.txt`));
    return [{ info, files: [], scripts, names }];
  });
}

// An installer's RECORD names what lies outside of site-packages by `..`.
function recordNames(text: string): string[] {
  try {
    return parseRecord(text).map(({ path }) => path.replace(/^(?:\.\.\/)+bin\//, SCRIPT_FOLDER));
  } catch {
    return []; // it says whose files they are, and no more, here
  }
}

/** `PYTHON-ABI-PLATFORM` of all lines, each part's choices joined by dots. */
function tagsIn(wheel: string): string {
  const tags = [...wheel.matchAll(/^Tag:\s*(\S+)/gim)].map((found) => (found[1] ?? "").split("-"));
  if (tags.length === 0) return "py3-none-any";
  return [0, 1, 2].map((part) => [...new Set(tags.map((tag) => tag[part]))].join(".")).join("-");
}

function mainFile(
  entry: ForeignEntry,
  distributions: readonly Wheel[],
  placed: ReadonlyMap<string, SourceFile>,
  origin: string,
): PlannedFile {
  const content = Buffer.from(mainSource(entry, distributions, placed, origin));
  return { name: "__main__.py", mode: 0o644, origin, read: () => content };
}

function mainSource(
  { target, script, args, env }: ForeignEntry,
  distributions: readonly Wheel[],
  placed: ReadonlyMap<string, SourceFile>,
  origin: string,
): string {
  const lines = ["import os", "import sys", ""];
  for (const [name, value] of Object.entries(env)) {
    lines.push(`os.environ.setdefault(${JSON.stringify(name)}, ${JSON.stringify(value)})`);
  }
  if (args.length > 0) lines.push(`sys.argv[1:1] = ${JSON.stringify(args)}`);
  const declared = script && distributions.map(({ scripts }) => scripts.get(script)).find(Boolean);
  const chosen = declared || (script === undefined ? target : undefined);
  if (script !== undefined && !chosen && placed.has(SCRIPT_FOLDER + script)) {
    const path = JSON.stringify(SCRIPT_FOLDER + script);
    lines.push(`path = os.path.join(os.path.dirname(__file__), ${path})`);
    lines.push("import runpy", 'runpy.run_path(path, run_name="__main__")');
  } else if (chosen === undefined) {
    const found =
      script === undefined ? "no entry point" : `the script ${script}, which nobody has`;
    const message = `${origin}: names ${found} (expected one; or give --main)`;
    throw new InmemError("ERR_INMEM_BUNDLER", message);
  } else {
    lines.push(...callLines(chosen));
  }
  return `${lines.join("\n")}\n`;
}

function callLines(target: string): string[] {
  const [module = "", attribute] = target.split(":");
  if (attribute === undefined) {
    const name = JSON.stringify(module);
    return ["import runpy", `runpy.run_module(${name}, run_name="__main__", alter_sys=True)`];
  }
  const [first = "", ...rest] = attribute.split(".");
  return [`from ${module} import ${first} as main`, `sys.exit(${["main", ...rest].join(".")}())`];
}

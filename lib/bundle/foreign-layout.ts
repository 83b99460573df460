// lib/bundle/foreign-layout.ts: where other tools put things: pex, shiv, a site-packages folder.
import { InmemError } from "../errors.js";
import { PREFIX_FOLDER, SCRIPT_FOLDER } from "./kind.js";
import { MANIFEST_NAME, SIGNATURE_NAME } from "./manifest.js";

/** What starts the program there; null: its own `__main__.py`. */
export interface ForeignEntry {
  /** `module:function`, or a module that runs as with -m. */
  readonly target?: string;
  /** A command of one of its distributions. */
  readonly script?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ForeignLayout {
  readonly tool: "pex" | "shiv" | "plain";
  readonly entry: ForeignEntry | null;
  /** The name in a bundle; undefined: that tool's own, of no use here. */
  place(name: string): string | undefined;
}

type Read = (name: string) => Buffer | undefined;

/**
 * Tells by its settings file which tool made it.
 * @throws {InmemError} ERR_INMEM_BUNDLER when those settings cannot be read.
 */
export function foreignLayout(origin: string, read: Read): ForeignLayout {
  const pex = settings(origin, "PEX-INFO", read);
  if (pex) return { tool: "pex", entry: entryOf(pex), place: placeOfPex };
  const shiv = settings(origin, "environment.json", read);
  const isShiv = shiv !== undefined && "shiv_version" in shiv;
  if (isShiv) return { tool: "shiv", entry: entryOf(shiv), place: placeOfShiv };
  return { tool: "plain", entry: null, place: placeOfPlain };
}

const COMPILED = /(?:^|\/)__pycache__\//;

function placeOfPex(name: string): string | undefined {
  if (COMPILED.test(name) || /^(?:\.bootstrap|__pex__)\//.test(name)) return undefined;
  if (name === "PEX-INFO" || /^__main__\.pyc?$/.test(name)) return undefined;
  const inside = /^\.deps\/[^/]+\/(.+)$/.exec(name)?.[1];
  if (inside === undefined) return name;
  if (inside === ".layout.json" || /^[^/]+\.pex-info\//.test(inside)) return undefined;
  return inside.replace(/^\.prefix\//, `${PREFIX_FOLDER}/`);
}

function placeOfShiv(name: string): string | undefined {
  if (COMPILED.test(name) || name.startsWith("_bootstrap/")) return undefined;
  if (name === "environment.json" || /^__main__\.pyc?$/.test(name)) return undefined;
  return placeOfPlain(name);
}

function placeOfPlain(name: string): string | undefined {
  if (COMPILED.test(name) || name === MANIFEST_NAME || name === SIGNATURE_NAME) return undefined;
  const inside = /^(?:lib\/python3\.\d+\/)?site-packages\/(.+)$/.exec(name)?.[1];
  if (inside === undefined) return name;
  return inside.replace(/^bin\//, SCRIPT_FOLDER);
}

function settings(origin: string, name: string, read: Read): Record<string, unknown> | undefined {
  const content = read(name);
  if (!content) return undefined;
  try {
    const value: unknown = JSON.parse(content.toString("utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
    throw new Error(`JSON of a ${typeof value} (expected an object)`);
  } catch (cause) {
    const message = `${origin}: ${name}: ${(cause as Error).message}`;
    throw new InmemError("ERR_INMEM_BUNDLER", message, { cause });
  }
}

function entryOf(info: Record<string, unknown>): ForeignEntry {
  const { entry_point: target, script, inject_args: args, inject_env: env } = info;
  return {
    ...(typeof target === "string" && target !== "" && { target }),
    ...(typeof script === "string" && script !== "" && { script }),
    args: Array.isArray(args) ? args.map(String) : [],
    env: { ...(env as Record<string, string> | undefined) },
  };
}

// lib/bundle/content-key.ts: what a bundle depends on, as keys: equal keys, equal bundles.
import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { version } from "../version.js";
import { filesOfFolder } from "./application.js";
import type { Recipe } from "./recipe.js";

export interface ContentKeys {
  /** Of the wheels that are wanted. */
  readonly wheels: string;
  /** Of the whole bundle. */
  readonly bundle: string;
}

const KEY_DIGITS = 32;
const PIECE_BYTES = 1 << 20;

/** @param form - how the bundle is written, beside what is in it. */
export function contentKeys(recipe: Recipe, form: object): ContentKeys {
  const hash = createHash("sha256");
  const { target, places, extras, groups, requirements } = recipe;
  const { inmem, python } = version;
  add(hash, { inmem, python, target, places, extras, groups, requirements, form });
  const settings = Object.entries(process.env).filter(([name]) => /^PIP_/.test(name));
  add(hash, settings.sort());
  const files = [...recipe.requirementFiles, ...recipe.constraintFiles];
  for (const path of [...files, ...recipe.locks]) addRequirements(hash, path, new Set());
  for (const path of recipe.wheels) addStats(hash, path);
  for (const folder of recipe.projects) addFolder(hash, folder);
  for (const word of requirements) if (word.startsWith("/")) addPath(hash, word);
  const wheels = hash.copy().digest("hex").slice(0, KEY_DIGITS);
  const entry = recipe.entry;
  add(hash, entry && { ...entry, source: undefined });
  add(hash, recipe.run);
  for (const [name, source] of recipe.files) {
    if (typeof source === "string") {
      const { mode, size } = statSync(source);
      add(hash, { name, mode: mode & 0o111, size });
      addContent(hash, source);
    } else {
      add(hash, { name, mode: 0, size: source.length });
      hash.update(source);
    }
  }
  return { wheels, bundle: hash.digest("hex").slice(0, KEY_DIGITS) };
}

function addContent(hash: Hash, path: string): void {
  const file = openSync(path, "r");
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (;;) {
      const read = readSync(file, piece, 0, piece.length, null);
      if (read === 0) return;
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

function add(hash: Hash, value: unknown): void {
  hash.update(`${JSON.stringify(value) ?? "nothing"}\n`);
}

// Requirements files name others: "-r more.txt", "--constraint=c.txt".
function addRequirements(hash: Hash, path: string, seen: Set<string>): void {
  const text = seen.has(path) ? "" : textOf(path);
  seen.add(path);
  add(hash, { path, text });
  for (const [, name = ""] of text.matchAll(
    /^\s*(?:-r|-c|--requirement|--constraint)[ \t=]*(\S+)/gm,
  )) {
    addRequirements(hash, /^https?:/.test(name) ? name : resolve(dirname(path), name), seen);
  }
}

// What cannot be read pip will tell.
function textOf(path: string): string {
  try {
    return /^https?:/.test(path) ? "" : readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function addPath(hash: Hash, word: string): void {
  const [path = ""] = word.split("[", 1);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) addFolder(hash, path);
  else if (stats) addStats(hash, path);
}

function addFolder(hash: Hash, folder: string): void {
  for (const [name, path] of filesOfFolder(folder)) {
    add(hash, name);
    addStats(hash, path as string);
  }
}

function addStats(hash: Hash, path: string): void {
  const { size, mtimeNs } = statSync(path, { bigint: true });
  add(hash, [path, String(size), String(mtimeNs)]);
}

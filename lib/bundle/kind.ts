// lib/bundle/kind.ts: what each file of a bundle is, told by name and content.
import { binding } from "../binding.js";
import { InmemError } from "../errors.js";

/** What an entry is for; docs/bundle-format.md has the table. */
export const ENTRY_KINDS = [
  "module",
  "bytecode",
  "extension",
  "library",
  "resource",
  "metadata",
  "pth",
  "script",
  "other",
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Folder for what a wheel installs outside of site-packages; `sys.prefix` of a run. */
export const PREFIX_FOLDER = "inmem.prefix";
/** Where scripts of wheels lie. */
export const SCRIPT_FOLDER = `${PREFIX_FOLDER}/bin/`;

const METADATA_FOLDER = /^[^/]+\.(?:dist|egg)-info\//;
const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
const ET_DYN = 3;
/** What the name of an extension's entry point looks like in its string table. */
export const INIT_NAME = Buffer.from("\0PyInit");

/** Nothing is left out: what is nothing else is "resource" in a package, "other" elsewhere. */
export function classify(name: string, content: Buffer): EntryKind {
  // Whatever else a shared object's place may say: it is loaded as one.
  if (looksLikeSharedObject(content)) return isExtension(name, content) ? "extension" : "library";
  return kindByName(name);
}

/** What anything but a shared object is. */
export function kindByName(name: string): EntryKind {
  if (name.startsWith(SCRIPT_FOLDER)) return "script";
  if (METADATA_FOLDER.test(name)) return "metadata";
  if (isModuleName(name)) return "module";
  if (isImportable(name, ".pyc")) return "bytecode";
  const [top = "", ...rest] = name.split("/");
  if (rest.length === 0) return name.endsWith(".pth") ? "pth" : "other";
  return IDENTIFIER.test(top) ? "resource" : "other";
}

/** Is this source that can be imported, by the name alone? */
export function isModuleName(name: string): boolean {
  return isImportable(name, ".py");
}

function isImportable(name: string, suffix: string): boolean {
  if (!name.endsWith(suffix)) return false;
  return name
    .slice(0, -suffix.length)
    .split("/")
    .every((part) => IDENTIFIER.test(part));
}

/** By content: wheels carry `.so`, `.so.3`, `.so.3.1.4` and other names. */
export function looksLikeSharedObject(content: Buffer): boolean {
  return (
    content.length >= 20 &&
    content.readUInt32BE(0) === 0x7f454c46 &&
    (content[5] === 2 ? content.readUInt16BE(16) : content.readUInt16LE(16)) === ET_DYN
  );
}

// By the symbol that the import calls: a library beside extensions may have any name. An object
// that our ELF layer does not read, being for another processor, is asked for the name alone.
function isExtension(name: string, content: Buffer): boolean {
  if (!content.includes(INIT_NAME)) return false;
  try {
    return binding()
      .elfInfo(content, name)
      .exports.some((symbol) => /^PyInitU?_/.test(symbol));
  } catch (error) {
    if (error instanceof InmemError && error.code !== "ERR_INMEM_NO_BINARY") return true;
    throw error;
  }
}

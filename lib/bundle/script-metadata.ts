// lib/bundle/script-metadata.ts: PEP 723: requirements that a script names in its comments.
import { InmemError } from "../errors.js";
import { parseToml, stringsAt } from "./toml-file.js";

export interface ScriptMetadata {
  readonly requirements: readonly string[];
  readonly requiresPython: string | undefined;
}

// The pattern of the specification: a block's lines begin with "#" or "# ".
const BLOCK = /^# \/\/\/ (?<type>[a-zA-Z0-9-]+)$\s(?<content>(?:^#(?:| .*)$\s)+)^# \/\/\/$/gm;

/**
 * What the script's `# /// script` block says; undefined: it has none.
 * @throws {InmemError} ERR_INMEM_CONFIG: two such blocks, or no TOML in it.
 */
export function scriptMetadata(source: string, origin: string): ScriptMetadata | undefined {
  const text = source.replaceAll("\r\n", "\n");
  const blocks = [...text.matchAll(BLOCK)].filter(({ groups }) => groups?.["type"] === "script");
  const [block] = blocks;
  if (!block) return undefined;
  if (blocks.length > 1) {
    const message = `${origin}: ${blocks.length} blocks "# /// script" (expected one)`;
    throw new InmemError("ERR_INMEM_CONFIG", message);
  }
  const content = (block.groups?.["content"] ?? "").replace(/^# ?/gm, "");
  const table = parseToml(content, `${origin} (# /// script)`);
  const python = table["requires-python"];
  return {
    requirements: stringsAt(table, "dependencies", `${origin} (# /// script)`),
    requiresPython: typeof python === "string" ? python : undefined,
  };
}

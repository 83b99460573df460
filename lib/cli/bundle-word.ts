// lib/cli/bundle-word.ts: `run BUNDLE:SCRIPT`: the bundle, and the command of it that is run.
import { existsSync } from "node:fs";

export interface BundleWord {
  readonly bundle: string;
  readonly script?: string;
}

/** A file that has a colon in its name is that file. */
export function splitScript(word: string): BundleWord {
  const colon = word.lastIndexOf(":");
  if (colon <= 0 || existsSync(word) || !existsSync(word.slice(0, colon))) return { bundle: word };
  return { bundle: word.slice(0, colon), script: word.slice(colon + 1) };
}

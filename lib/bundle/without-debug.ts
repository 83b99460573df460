// lib/bundle/without-debug.ts: shared objects of distributions without debug sections (`prune: ["debug"]`).
import { createHash } from "node:crypto";
import { binding } from "../binding.js";
import { InmemError } from "../errors.js";
import { looksLikeSharedObject } from "./kind.js";
import type { PlannedFile } from "./plan.js";

/** Larger ones stay as they are: what is cut is whole in memory. */
const MOST_BYTES = 1 << 30;

/**
 * The file as it is, but for a shared object with debug sections: that is without them, once it has
 * been held to its RECORD. What is then in the bundle has its own hash in the manifest.
 */
export function withoutDebug(given: PlannedFile): PlannedFile {
  const { name, large } = given;
  if (large && (large.sizeBytes > MOST_BYTES || !/\.so\b/.test(name))) return given;
  const file = { ...given, large: undefined };
  // Known when it has been read: what a file is, its content tells.
  let changed = false;
  return {
    ...file,
    read() {
      const content = file.read();
      const stripped = looksLikeSharedObject(content) ? binding().elfWithoutDebug(content) : null;
      if (stripped === null) return content;
      if (!changed) checkHash(file, content);
      changed = true;
      return stripped;
    },
    deflated: () => (changed ? undefined : file.deflated?.()),
    get sha256() {
      return changed ? undefined : file.sha256;
    },
  };
}

function checkHash({ name, origin, sha256 }: PlannedFile, content: Buffer): void {
  if (sha256 === undefined) return;
  const found = createHash("sha256").update(content).digest("hex");
  if (found === sha256) return;
  const message = `${origin}: ${name} has the SHA-256 ${found} (expected ${sha256}, as its RECORD says)`;
  throw new InmemError("ERR_INMEM_BUNDLER", message);
}

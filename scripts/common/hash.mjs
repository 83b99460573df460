// scripts/common/hash.mjs: keys of cache entries and checks of files.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** A short key of any JSON value; the order of an object's members does not matter. */
export function hashKey(value) {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 16);
}

/** The SHA-256 of a file, in hex. */
export async function sha256File(path) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

// scripts/isolation/plan.mjs: which wheels in which Nodes are compared.
import { say } from "../common/run.mjs";
import { ensureDebianNode } from "../house/debian-node.mjs";
import { ensureNode, nodeVersions } from "../house/node-versions.mjs";

/** OpenSSL and zlib, libuv, llhttp, brotli; many libraries; C++. */
export const isolationWheels = [
  "psycopg2",
  "uvloop",
  "aiohttp",
  "brotli",
  "pillow",
  "mysql-connector",
  "shapely",
];

/**
 * @param {string[]} asked  "current", "debian", or the number of a line; none: all.
 * @returns {Promise<{ name: string, node: string, executable?: string }[]>}
 */
export async function nodesFor(asked) {
  const names = asked.length > 0 ? asked : [...nodeVersions, "debian"];
  const found = [];
  for (const name of names) {
    const node = await nodeFor(name);
    if (node) found.push({ name, ...node });
    else
      say(`skipped: Debian's nodejs: no Debian archive, or no mount namespaces, on this machine`);
  }
  return found;
}

async function nodeFor(name) {
  if (name === "debian") return ensureDebianNode();
  if (name === "current") return { node: process.execPath };
  const version = nodeVersions.find((each) => each === name || each.startsWith(`${name}.`));
  if (!version) throw new Error(`no Node ${name}; there are: ${nodeVersions.join(", ")}, debian`);
  return { node: await ensureNode(version) };
}

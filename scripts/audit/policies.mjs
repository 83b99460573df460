// scripts/audit/policies.mjs: writes lib/audit/policy-data.ts: the facts of PEP 600's policies, from those of auditwheel.
//
// usage: node scripts/audit/policies.mjs
// Only numbers and names are taken over: which versions of symbols a policy has, which
// libraries it leaves to the host, which private symbols of theirs nobody may use.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMain, main, root } from "../house/main.mjs";
import { auditwheelSite } from "./auditwheel.mjs";

const output = join(root, "lib", "audit", "policy-data.ts");
const machines = ["x86_64", "aarch64"];

/** The text of lib/audit/policy-data.ts. */
export async function policyData() {
  const { site, version } = await auditwheelSite();
  const read = (name) => JSON.parse(readFileSync(join(site, "auditwheel", "policy", name), "utf8"));
  const families = [
    ["MANYLINUX", "glibc", read("manylinux-policy.json")],
    ["MUSLLINUX", "musl", read("musllinux-policy.json")],
  ].map(([name, libc, policies]) => {
    const sorted = portableFirst(policies);
    const family = { policies: steps(sorted), forbidden: forbiddenIn(sorted) };
    return `/** For ${libc}. */\nexport const ${name}: PolicyFamily = ${literal(family)};\n`;
  });
  return `// lib/audit/policy-data.ts: which symbol versions and libraries each policy of PEP 600 and PEP 656 leaves to the host.
//
// Written by scripts/audit/policies.mjs; the facts are those of auditwheel ${version}.

import type { PolicyFamily } from "./policy-facts.js";

${families.join("\n")}`;
}

function portableFirst(policies) {
  const real = policies.filter(({ name }) => name !== "linux");
  return real.sort((a, b) => b.priority - a.priority);
}

function steps(policies) {
  const known = {};
  const added = (list, key, words) => {
    known[key] ??= new Set();
    const gone = [...known[key]].filter((word) => !words.includes(word));
    if (gone.length > 0) throw new Error(`${list}: ${gone} of an older policy are missing`);
    const fresh = words.filter((word) => !known[key].has(word));
    for (const word of fresh) known[key].add(word);
    return fresh.join(" ");
  };
  return policies.map(({ name, aliases, symbol_versions, lib_whitelist }) => {
    const versions = {};
    for (const machine of machines) {
      const own = symbol_versions[machine];
      if (own === undefined) continue;
      versions[machine] = Object.fromEntries(
        Object.entries(own)
          // A prefix that has no version yet is nobody's to use; later it says nothing new.
          .map(([prefix, words]) => {
            const isNew = known[`${machine} ${prefix}`] === undefined;
            return [prefix, added(name, `${machine} ${prefix}`, words), isNew];
          })
          .filter(([, words, isNew]) => isNew || words !== ""),
      );
    }
    return { name, aliases, versions, libraries: added(name, "libraries", lib_whitelist) };
  });
}

function forbiddenIn(policies) {
  const groups = new Map();
  const last = new Map();
  for (const [index, { blacklist }] of policies.entries()) {
    for (const [library, symbols] of Object.entries(blacklist)) {
      for (const symbol of symbols) {
        const key = `${library} ${symbol}`;
        if ((last.get(key) ?? -1) !== index - 1) throw new Error(`${key} comes and goes`);
        last.set(key, index);
      }
    }
  }
  for (const [key, index] of last) {
    const [library, symbol] = key.split(" ");
    const group = `${library} ${policies[index].name}`;
    groups.set(group, [...(groups.get(group) ?? []), symbol]);
  }
  return [...groups].map(([group, symbols]) => {
    const [library, until] = group.split(" ");
    return { library, until, symbols: wrap(symbols.sort()) };
  });
}

// Words in lines that fit the page.
function wrap(words, width = 80) {
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

// JSON with bare keys, as Biome formats it afterwards.
function literal(value) {
  return JSON.stringify(value, null, 2).replace(/^(\s*)"([A-Za-z_]\w*)":/gm, "$1$2:");
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const text = await policyData();
    writeFileSync(output, text);
    const { execFileSync } = await import("node:child_process");
    const biome = join(root, "node_modules", ".bin", "biome");
    execFileSync(biome, ["format", "--write", output], { stdio: "ignore" });
  });
}

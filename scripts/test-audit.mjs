// scripts/test-audit.mjs: `npm run test:audit`: our audit and auditwheel say the same of stock wheels, old and new.
//
// usage: node scripts/test-audit.mjs [NAME...]
// NAME takes the wheels whose requirement begins so. The list: test/audit/wheels.txt.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { policyData } from "./audit/policies.mjs";
import { auditedWheels, compareVerdicts, fetchWheel } from "./audit/wheels.mjs";
import { buildAddon } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { readWords } from "./house/words.mjs";

async function testAudit() {
  const names = readWords(import.meta.url, [], { allowPositionals: true }).positionals;
  const wheels = auditedWheels().filter(
    ({ requirement }) => names.length === 0 || names.some((name) => requirement.startsWith(name)),
  );
  if (wheels.length === 0) throw new Error(`no wheel ${names.join(", ")} in test/audit/wheels.txt`);
  await buildAddon();
  await buildLib();
  const words = (text) => text.match(/[\w.]+/g).join(" ");
  const written = readFileSync(join(root, "lib", "audit", "policy-data.ts"), "utf8");
  const isCurrent = words(await policyData()) === words(written);
  console.log(`${isCurrent ? "ok    " : "FAILED"} lib/audit/policy-data.ts is what auditwheel has`);
  const count = { same: 0, failed: isCurrent ? 0 : 1 };
  const projects = new Set();
  for (const wheel of wheels) {
    const { name, ours, differences } = await compareVerdicts(await fetchWheel(wheel));
    projects.add(wheel.requirement.split("==")[0]);
    const outcome = differences.length === 0 ? "same" : "failed";
    count[outcome] += 1;
    console.log(`${outcome === "failed" ? "FAILED" : "ok    "} ${name}: ${ours.policy}`);
    for (const difference of differences) console.log(`         ${difference}`);
  }
  const { same, failed } = count;
  console.log(
    `${wheels.length} wheels of ${projects.size} projects: ${same} same, ${failed} failed`,
  );
  if (failed > 0) process.exitCode = 1;
}

if (isMain(import.meta.url)) await main(testAudit);

// scripts/test-isolation.mjs: `npm run test:isolation`: each reference of a wheel is bound in Node as on disk, says ld.so.
//
// usage: node scripts/test-isolation.mjs [--only NAME]... [--node VERSION]... [--load TIER]
// Without --only: the wheels with libraries that Node has too; without --node: every Node that
// the project tests with, and Debian's own ("debian"). docs: test/isolation/README.md
import { buildAddon } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { say } from "./common/run.mjs";
import { isMain, main } from "./house/main.mjs";
import { readWords } from "./house/words.mjs";
import { compareBindings, complaintsOf } from "./isolation/compare.mjs";
import { isolationWheels, nodesFor } from "./isolation/plan.mjs";
import { findSubjects } from "./wheels/subjects.mjs";

const options = {
  load: { type: "string", default: "auto" },
  only: { type: "string", multiple: true, default: [] },
  node: { type: "string", multiple: true, default: [] },
};

async function testIsolation() {
  const { values } = readWords(import.meta.url, options);
  const words = (list) => list.flatMap((value) => value.split(",")).filter(Boolean);
  const names = words(values.only);
  const wanted = names.length > 0 ? names : isolationWheels;
  const subjects = (await findSubjects()).filter(({ name }) => wanted.includes(name));
  const missing = wanted.filter((name) => !subjects.some((subject) => subject.name === name));
  if (missing.length > 0) throw new Error(`no wheel ${missing.join(", ")} in test/wheels`);
  const pythonDir = await buildAddon();
  await buildLib();

  const rest = {};
  let failed = 0;
  for (const { name: title, ...node } of await nodesFor(words(values.node))) {
    for (const subject of subjects) {
      const found = await compareBindings(subject, { pythonDir, tier: values.load, ...node });
      const complaints = complaintsOf(found);
      failed += complaints.length > 0 ? 1 : 0;
      console.log(
        `${complaints.length > 0 ? "FAILED" : "ok    "} ${lineOf(title, subject, found)}`,
      );
      for (const complaint of complaints.slice(0, 20)) console.log(`    ${complaint}`);
      for (const [reason, symbols] of Object.entries(found.rest)) {
        rest[reason] = new Set([...(rest[reason] ?? []), ...symbols]);
      }
    }
  }
  say("\nelsewhere than on disk, and meant to be:");
  for (const [reason, symbols] of Object.entries(rest)) {
    say(`  ${reason}:\n    ${[...symbols].sort().join(" ")}`);
  }
  if (failed > 0) process.exitCode = 1;
}

function lineOf(node, { name }, { objects, references, captured, rebound, violations }) {
  const figures = [
    `${objects} objects`,
    `${references} references`,
    `${captured.length} captured`,
    `${rebound} bound anew`,
    `${violations.length} violations`,
  ];
  return `Node ${node.padEnd(8)} ${name.padEnd(16)} ${figures.join(", ")}`;
}

if (isMain(import.meta.url)) await main(testIsolation);

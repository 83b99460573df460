// scripts/test-wheels.mjs: `npm run test:wheels`: stock wheels do real work in every tier, and find what they find on disk.
//
// usage: node scripts/test-wheels.mjs [--load TIER]... [--only NAME]... [--strace] [--node VERSION] [--jobs N] [--large] [--write-docs]
// Without --load: all tiers, the deflated bundle and the launcher. docs: test/wheels/README.md
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildAddon } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { say } from "./common/run.mjs";
import { ensureSystemPackages } from "./common/system-packages.mjs";
import { ensureDebianNode } from "./house/debian-node.mjs";
import { isMain, main, root } from "./house/main.mjs";
import { ensureNode, nodeVersions } from "./house/node-versions.mjs";
import { stracePackages } from "./house/packages.mjs";
import { numberOf, readWords } from "./house/words.mjs";
import { runSubject, tiers } from "./wheels/cells.mjs";
import { writeDocs } from "./wheels/docs.mjs";
import { refusedTiers } from "./wheels/refused.mjs";
import { findSubjects, largeDir, matrixDir } from "./wheels/subjects.mjs";
import { countCells, matrixTable } from "./wheels/table.mjs";

const options = {
  load: { type: "string", multiple: true, default: [] },
  only: { type: "string", multiple: true, default: [] },
  node: { type: "string" },
  jobs: { type: "string", default: "2" },
  strace: { type: "boolean", default: false },
  large: { type: "boolean", default: false },
  "write-docs": { type: "boolean", default: false },
};

async function testWheels() {
  const given = readWords(import.meta.url, options);
  const { values } = given;
  const jobs = numberOf(import.meta.url, given, "jobs");
  const asked = words(values.load);
  const unknown = asked.find((tier) => !tiers.includes(tier));
  if (unknown) throw new Error(`no tier ${unknown}; there are: ${tiers.join(", ")}`);
  const subjects = await choose(words(values.only), values.large ? largeDir : matrixDir);

  if (values.strace) await ensureSystemPackages(stracePackages);
  const pythonDir = await buildAddon();
  await buildLib();
  const node = await chooseNode(values.node);
  const wanted = asked.length > 0 ? asked : tiers;
  const refused = await refusedTiers(wanted, node);
  for (const [tier, reason] of Object.entries(refused)) say(`skipped: ${tier}: ${reason}`);

  const settings = { pythonDir, tiers: wanted, refused, node, strace: values.strace };
  const rows = await runAll(subjects, { ...settings, extras: asked.length === 0 }, jobs);
  writeReport(rows, node);
  console.log(matrixTable(rows));
  const { passed, failed, skipped } = countCells(rows);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (values["write-docs"]) writeDocs(values.large ? "large" : "matrix", rows, refused);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

/** `--only a,b --only c` and `--only a --only b --only c` are the same. */
function words(values) {
  return values.flatMap((value) => value.split(",")).filter(Boolean);
}

async function choose(only, folder) {
  const subjects = await findSubjects(folder);
  const names = subjects.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown) throw new Error(`no wheel ${unknown}; there are: ${names.join(", ")}`);
  return only.length > 0 ? subjects.filter(({ name }) => only.includes(name)) : subjects;
}

// "debian" is the distribution's own; "22" is the release of that line that the project tests with; a path is a path.
async function chooseNode(asked) {
  if (asked === undefined) return process.execPath;
  if (asked.includes("/")) return asked;
  if (asked === "debian") {
    const debian = await ensureDebianNode();
    if (!debian) throw new Error("no Debian archive, or no mount namespaces, on this machine");
    return debian.node;
  }
  const version = nodeVersions.find((name) => name === asked || name.startsWith(`${asked}.`));
  if (!version) throw new Error(`no Node ${asked}; there are: ${nodeVersions.join(", ")}`);
  return ensureNode(version);
}

async function runAll(subjects, settings, jobs) {
  const waiting = [...subjects];
  const rows = [];
  const work = async () => {
    for (let subject = waiting.shift(); subject; subject = waiting.shift()) {
      rows.push({ subject, cells: await runOne(subject, settings) });
    }
  };
  await Promise.all(Array.from({ length: Number(jobs) || 1 }, work));
  return rows.sort((a, b) => (a.subject.name < b.subject.name ? -1 : 1));
}

// What stops a subject as a whole (a wheel that cannot be had, a server that
// does not start) is one failure of it: the others go on.
async function runOne(subject, settings) {
  const tell = ({ run, outcome, seconds, reason }) => {
    const why = outcome === "failed" ? `\n${reason}` : "";
    if (outcome !== "skipped")
      say(`${outcome}: ${subject.name}, ${run} (${seconds.toFixed(1)} s)${why}`);
  };
  try {
    return await runSubject(subject, settings, tell);
  } catch (error) {
    const cell = { run: "disk", outcome: "failed", reason: error.message, seconds: 0 };
    tell(cell);
    return [cell];
  }
}

function writeReport(rows, node) {
  const folder = join(root, "build", "reports");
  mkdirSync(folder, { recursive: true });
  const plain = rows.map(({ subject: { name, about }, cells }) => ({ name, about, cells }));
  writeFileSync(join(folder, "wheels.json"), JSON.stringify({ node, rows: plain }, null, 2));
}

if (isMain(import.meta.url)) await main(testWheels);

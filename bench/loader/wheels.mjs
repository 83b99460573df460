// bench/loader/wheels.mjs: real wheels for the loader's measures: those of test/wheels, from its cache.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "../../scripts/wheels/prepare.mjs";
import { findSubjects } from "../../scripts/wheels/subjects.mjs";

const programs = join(import.meta.dirname, "..", "programs");

/**
 * Wheels of these subjects together: installed by pip into a folder, and as an
 * aligned and a deflated bundle that runs `program` of bench/programs.
 * @returns {Promise<import("../../scripts/wheels/prepare.mjs").Prepared>}
 */
export async function together(names, program, { dir, python }) {
  const all = await findSubjects();
  const pinned = names.map((name) => {
    const { requirements } = all.find((subject) => subject.name === name);
    return readFileSync(requirements, "utf8");
  });
  const requirements = join(dir, `${names.join("-")}.txt`);
  writeFileSync(requirements, joinRequirements(pinned));
  const subject = { name: names.join("-"), dir, requirements, setup: {} };
  return prepare({ ...subject, main: join(programs, program) }, python);
}

// A requirement is one line that begins at the margin, and what follows it.
function joinRequirements(texts) {
  const each = texts.flatMap((text) => text.split(/\n(?=\S)/).map((one) => one.trim()));
  return `${[...new Set(each)].join("\n")}\n`;
}

/**
 * Every subject of the matrix, ready.
 * @returns {Promise<({ name: string } & import("../../scripts/wheels/prepare.mjs").Prepared)[]>}
 */
export async function matrix({ python }) {
  const subjects = await findSubjects();
  const prepared = [];
  for (const subject of subjects) {
    // Nothing is run here: no server is needed, only what builds a wheel.
    const setup = subject.setup.build ? subject.setup : {};
    prepared.push({ name: subject.name, ...(await prepare({ ...subject, setup }, python)) });
  }
  return prepared;
}

/** A folder to run, with `program` and beside it the bundle, mounted at the `base` that is given. */
export function appBeside(folder, program, bundle) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "__main__.py"), readFileSync(join(programs, program)));
  const base = join(folder, "bundle.whl");
  symlinkSync(bundle, base);
  return { app: folder, base };
}

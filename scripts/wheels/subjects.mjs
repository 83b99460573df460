// scripts/wheels/subjects.mjs: what the matrix consists of: a folder for each wheel, with a program and pinned requirements.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../house/main.mjs";

/**
 * One row of the matrix. docs: test/wheels/README.md
 * @typedef {object} Subject
 * @property {string} name  The folder's.
 * @property {string} dir
 * @property {string} about  What is tested: the first line of main.py says it.
 * @property {string} main
 * @property {string} requirements
 * @property {Setup} setup  What setup.mjs exports; {} without one.
 */

/**
 * @typedef {object} Setup
 * @property {object[]} [packages]  System packages, as ensureSystemPackages takes them.
 * @property {(where: BuildPlace) => Promise<void>} [build]  Puts more wheels into `where.folder`.
 * @property {(where: { dir: string, scratch: string }) => Promise<Started>} [start]  Starts what the program talks to.
 * @property {Record<string, string>} [writes]  Regular expressions of files that the program itself writes, or leaves, or imports from there, and why.
 * @property {number} [timeoutSeconds]  Of one run; 120 by default.
 */

/** @typedef {{ env?: Record<string, string>, stop?: () => Promise<void> | void }} Started */
/** @typedef {{ dir: string, folder: string, scratch: string, python: string, pip: (...args: string[]) => Promise<unknown> }} BuildPlace */

export const matrixDir = join(root, "test", "wheels");
export const largeDir = join(root, "test", "wheels-large");

/**
 * @param {string} [folder]
 * @returns {Promise<Subject[]>} by name
 */
export async function findSubjects(folder = matrixDir) {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "main.py")));
  return Promise.all(names.sort().map((name) => readSubject(folder, name)));
}

async function readSubject(folder, name) {
  const dir = join(folder, name);
  const main = join(dir, "main.py");
  const requirements = join(dir, "requirements.txt");
  if (!existsSync(requirements)) throw new Error(`${dir} has no requirements.txt`);
  const setupFile = join(dir, "setup.mjs");
  const setup = existsSync(setupFile) ? await import(pathToFileURL(setupFile).href) : {};
  return { name, dir, about: aboutOf(main), main, requirements, setup };
}

function aboutOf(main) {
  const [line] = readFileSync(main, "utf8").split("\n", 1);
  return line.replace(/^#[^:]*: */, "");
}

/** The wheels that requirements.txt pins, as `name version`. */
export function pinned(subject) {
  const text = readFileSync(subject.requirements, "utf8");
  return [...text.matchAll(/^([\w.-]+)==([^\s;\\]+)/gm)].map(([, name, version]) => ({
    name,
    version,
  }));
}

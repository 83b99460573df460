// lib/bundle/pip-candidates.ts: which files an index has of a requirement that fits no target.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { callPip } from "./pip-download.js";
import type { PipRequest } from "./pip-request.js";
import type { Target } from "./target.js";

/** How many tags a message names. */
const MOST_TAGS = 12;

const WRONG_TAGS = /Skipping link: none of the wheel's tags \(([^)]*)\) are compatible .*?: (\S+)/;
const NO_SOURCES = /Skipping link: No sources permitted for \S+: (\S+)/;
const OTHER_PYTHON = /Skipping link: \S+ Requires-Python (\S.*?): (\S+)/;

const NOT_FETCHED = /Could not fetch URL .*/;

/** What pip's log tells of a requirement that it found nothing for. */
export interface Candidates {
  /** Which files there are, and what was wanted; undefined: there are none at all. */
  readonly unfit: string | undefined;
  /** Why an index could not be read; undefined: it could. */
  readonly unreachable: string | undefined;
}

interface Skipped {
  readonly version: string;
  readonly what: string;
}

/**
 * Asks pip once more, with its log.
 */
export async function lookForFiles(
  request: PipRequest,
  requirement: string,
  signal: AbortSignal | undefined,
): Promise<Candidates> {
  const log = join(request.folder, "pip.log");
  const alone = {
    ...request,
    requirements: [requirement],
    requirementFiles: [],
    noDependencies: true,
  };
  await callPip(alone, ["--log", log], () => undefined, signal);
  const text = await readFile(log, "utf8").catch(() => "");
  const lines = text.split("\n");
  // "Not found" is an answer: the index does not have it.
  const fault = lines.find((line) => NOT_FETCHED.test(line) && !line.includes("404 Client Error"));
  return {
    unfit: unfitIn(lines.flatMap(skippedIn), requirement, request.target),
    unreachable: fault && NOT_FETCHED.exec(fault)?.[0],
  };
}

function unfitIn(
  all: readonly Skipped[],
  requirement: string,
  target: Target | undefined,
): string | undefined {
  const exact = /==\s*([\w.+!-]+)\s*$/.exec(requirement)?.[1];
  const ofVersion = exact === undefined ? all : all.filter(({ version }) => version === exact);
  const version = ofVersion.at(-1)?.version;
  if (version === undefined) return undefined;
  const tags = [
    ...new Set(ofVersion.filter((one) => one.version === version).map((one) => one.what)),
  ];
  const more = tags.length > MOST_TAGS ? `, and ${tags.length - MOST_TAGS} more` : "";
  const there = `${tags.slice(0, MOST_TAGS).join(", ")}${more}`;
  const [name = requirement] = requirement.split(/[\s<>=!~;[@]/, 1);
  return `no file of ${name} ${version} fits: there are ${there}; wanted is ${describeTarget(target)}`;
}

function skippedIn(line: string): Skipped[] {
  const [, tags, wheel] = WRONG_TAGS.exec(line) ?? [];
  if (tags && wheel) return [{ version: versionOf(wheel), what: compressed(wheel) }];
  const source = NO_SOURCES.exec(line)?.[1];
  if (source) return [{ version: versionOf(source), what: "source distributions" }];
  const [, python, file] = OTHER_PYTHON.exec(line) ?? [];
  if (python && file) return [{ version: versionOf(file), what: `one for Python ${python}` }];
  return [];
}

function fileNameOf(url: string): string {
  const [path = ""] = url.split(/[#?]/, 1);
  return decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
}

function versionOf(url: string): string {
  const name = fileNameOf(url).replace(/\.(tar\.(gz|bz2|xz)|zip|whl)$/, "");
  return url.includes(".whl") ? (name.split("-")[1] ?? "") : name.slice(name.lastIndexOf("-") + 1);
}

// The tags as in the file's name: shorter than all that they stand for.
function compressed(url: string): string {
  return fileNameOf(url)
    .replace(/\.whl$/, "")
    .split("-")
    .slice(-3)
    .join("-");
}

function describeTarget(target: Target | undefined): string {
  if (!target) {
    const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
    const libc = report.header.glibcVersionRuntime?.replace(".", "_") ?? "2_17";
    const machine = process.arch === "x64" ? "x86_64" : "aarch64";
    return `cp313 (or abi3, or none) with manylinux_${libc}_${machine} or older, or any`;
  }
  const python = `cp${target.pythonVersion.replace(".", "")}`;
  const [platform = "this host's platform"] = target.platforms;
  return `${python} (or abi3, or none) with ${platform} or older, or any`;
}

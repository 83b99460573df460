// lib/bundle/pip-errors.ts: why pip failed, with a code for each kind of reason.
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { InmemErrorCode } from "../error-codes.js";
import { InmemError } from "../errors.js";
import { lookForFiles } from "./pip-candidates.js";
import type { PipOutcome } from "./pip-download.js";
import type { PipRequest } from "./pip-request.js";

/** The first pattern that fits tells the code. */
const KINDS: readonly (readonly [RegExp, InmemErrorCode])[] = [
  [/No space left on device|Errno 28|Disk quota exceeded/, "ERR_INMEM_NO_SPACE"],
  [/DO NOT MATCH THE HASHES|Hashes are required in --require-hashes/, "ERR_INMEM_HASH_MISMATCH"],
  [/unpinned requirement|must have their versions pinned/, "ERR_INMEM_HASH_MISMATCH"],
  [/ResolutionImpossible|The conflict is caused by/, "ERR_INMEM_REQUIREMENTS"],
  [/is not a supported wheel on this platform/, "ERR_INMEM_NO_WHEEL"],
  [/requires a different Python/, "ERR_INMEM_NO_WHEEL"],
  [
    /[Ii]nvalid requirement|Invalid URL|does not appear to be a Python project/,
    "ERR_INMEM_REQUIREMENTS",
  ],
];

const UNREACHABLE =
  /NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED|Connection refused|Connection reset|40[137] Client Error|5\d\d Server Error|status code 40[137]|RemoteDisconnected|Max retries exceeded|User for .*:|No route to host|not a trusted or secure host|unreachable/;

const NO_MATCH = /No matching distribution found for (.+)/;
const BUILD_FAILED =
  /Failed to build|Failed building wheel|subprocess-exited-with-error|metadata-generation-failed|Getting requirements to build wheel/;
/** What a build says that wanted a compiler, its headers, or a tool that drives one. */
const COMPILER =
  /command '?\S*(gcc|g\+\+|cc|clang|cl\.exe|x86_64-linux-gnu-gcc)'? failed|unable to execute '?\S*(gcc|cc|g\+\+)|Python\.h: No such file|Unknown compiler|[Nn]o (C|C\+\+|Fortran) compiler|CMAKE_C(XX)?_COMPILER|rustc|[Cc]argo|Rust compiler|Compiler \S+ cannot|CompileError|error: can't find (C|Rust)|pg_config|maturin/;

/** @returns what is to be thrown for a pip that failed. */
export async function pipError(
  request: PipRequest,
  outcome: PipOutcome,
  signal: AbortSignal | undefined,
): Promise<InmemError> {
  const { status, lines, stderr } = outcome;
  const said = `${lines.join("\n")}\n${stderr}`;
  const how = typeof status === "number" ? `exit status ${status}` : status;
  const told = [`pip failed (${how}):`, complaints(stderr), ...conflictIn(lines)].filter(Boolean);
  const message = told.join("\n").trimEnd();
  const known = KINDS.find(([pattern]) => pattern.test(said))?.[1];
  if (known) return new InmemError(known, message);
  // Builds talk of networks too, so they come first.
  if (BUILD_FAILED.test(stderr)) return buildError(said, message);
  if (UNREACHABLE.test(said)) return new InmemError("ERR_INMEM_INDEX", message);
  const missing = NO_MATCH.exec(stderr)?.[1]?.trim();
  if (missing !== undefined) return missingError(request, missing, message, signal);
  return new InmemError("ERR_INMEM_BUNDLER", message);
}

// What pip prefixes with ERROR, and what belongs to it; warnings of retries are in the way.
function complaints(stderr: string): string {
  const lines = withoutFrames(stderr.split("\n"));
  const kept = lines.filter((line) => !/^(WARNING: Retrying|DEPRECATION|\[notice\])/.test(line));
  return kept.join("\n").trim() || stderr;
}

// What pip did not expect it tells with all its frames: the last line says what it was.
function withoutFrames(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex(
    (line, index) => line === "ERROR: Exception:" && /^Traceback/.test(lines[index + 1] ?? ""),
  );
  if (start < 0) return lines;
  const last = lines.findLast((line) => line.trim() !== "") ?? "";
  return [...lines.slice(0, start), `ERROR: ${last}`];
}

// Which requirements exclude each other pip tells on stdout, among its progress.
function conflictIn(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((line) => line.startsWith("The conflict is caused by"));
  return start < 0 ? [] : lines.slice(start);
}

function buildError(said: string, message: string): InmemError {
  if (!COMPILER.test(said)) return new InmemError("ERR_INMEM_BUNDLER", message);
  const names = [...said.matchAll(/(?:Failed building wheel for|Building wheel for) (\S+)/g)];
  const name = names.at(-1)?.[1] ?? "a requirement";
  const text = `${name} has a source distribution only (for this host and Python), and building it needs a compiler, which pip in this package's interpreter cannot use; choose a version that has a wheel, or build one elsewhere and give its folder by --find-links`;
  return new InmemError("ERR_INMEM_NEEDS_COMPILER", `${text}\n${message}`);
}

// pip tells the versions that it could take, not what became of the others.
async function missingError(
  request: PipRequest,
  requirement: string,
  message: string,
  signal: AbortSignal | undefined,
): Promise<InmemError> {
  const folder = join(dirname(request.folder), "candidates");
  await mkdir(folder, { recursive: true });
  const [word = requirement] = requirement.split(" (from ");
  const { unfit, unreachable } = await lookForFiles({ ...request, folder }, word, signal);
  if (unfit !== undefined) return new InmemError("ERR_INMEM_NO_WHEEL", `${unfit}\n${message}`);
  if (unreachable === undefined) return new InmemError("ERR_INMEM_REQUIREMENTS", message);
  return new InmemError("ERR_INMEM_INDEX", `${unreachable}\n${message}`);
}

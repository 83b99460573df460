// lib/bundle/pip-request.ts: what pip is asked for, as its command line.
import { helperPath } from "./python-helper.js";
import type { Target } from "./target.js";

/** Where pip looks; what is absent, its own settings tell. */
export interface PipPlaces {
  readonly indexUrl: string | undefined;
  readonly extraIndexUrls: readonly string[];
  readonly findLinks: readonly string[];
  readonly noIndex: boolean;
}

/** How pip gets there; like credentials, no part of what comes of it. */
export interface PipAccess {
  readonly proxy: string | undefined;
  readonly cert: string | undefined;
  readonly clientCert: string | undefined;
}

/** What one call of pip is to bring. */
export interface PipRequest {
  readonly requirements: readonly string[];
  readonly requirementFiles: readonly string[];
  readonly constraintFiles: readonly string[];
  readonly places: PipPlaces;
  readonly access: PipAccess;
  /** Undefined: this host, for which pip may also build. */
  readonly target: Target | undefined;
  /** Just what is named, without what it depends on. */
  readonly noDependencies: boolean;
  /** Where the wheels are put. */
  readonly folder: string;
}

/** What the launcher is started with. */
export function pipWords(request: PipRequest, extra: readonly string[] = []): string[] {
  const { target, noDependencies, folder } = request;
  return [
    ...(target ? [helperPath("run_pip.py"), JSON.stringify(target.markers)] : ["-m", "pip"]),
    ...(target ? ["download", "--dest", folder] : ["wheel", "--wheel-dir", folder]),
    ...["--disable-pip-version-check", "--no-input", "--progress-bar", "raw"],
    // An older wheel rather than a newer source: that one may want a compiler.
    "--prefer-binary",
    ...(target ? targetOptions(target) : []),
    ...(noDependencies ? ["--no-deps"] : []),
    ...placeOptions(request.places),
    ...accessOptions(request.access),
    ...request.requirementFiles.flatMap((path) => ["-r", path]),
    ...request.constraintFiles.flatMap((path) => ["-c", path]),
    ...extra,
    // After this a word can be a requirement only, never an option.
    "--",
    ...request.requirements,
  ];
}

function targetOptions({ platforms, pythonVersion }: Target): string[] {
  return [
    ...["--only-binary", ":all:", "--python-version", pythonVersion, "--implementation", "cp"],
    ...platforms.flatMap((tag) => ["--platform", tag]),
  ];
}

function placeOptions({ indexUrl, extraIndexUrls, findLinks, noIndex }: PipPlaces): string[] {
  return [
    ...(indexUrl === undefined ? [] : ["--index-url", indexUrl]),
    ...extraIndexUrls.flatMap((url) => ["--extra-index-url", url]),
    ...findLinks.flatMap((place) => ["--find-links", place]),
    ...(noIndex ? ["--no-index"] : []),
  ];
}

function accessOptions({ proxy, cert, clientCert }: PipAccess): string[] {
  return [
    ...(proxy === undefined ? [] : ["--proxy", proxy]),
    ...(cert === undefined ? [] : ["--cert", cert]),
    ...(clientCert === undefined ? [] : ["--client-cert", clientCert]),
  ];
}

/** pip's settings that would send it elsewhere, or hide what it says. */
export const PIP_SETTINGS_LEFT_OUT: Readonly<Record<string, undefined>> = {
  PIP_PYTHON: undefined,
  PIP_QUIET: undefined,
  PIP_VERBOSE: undefined,
  PIP_LOG: undefined,
};

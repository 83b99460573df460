// lib/cli/run.ts: `inmem-python run`.
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunSettings } from "../bundle/manifest.js";
import { statOrNothing } from "../bundle-input.js";
import { InmemError } from "../errors.js";
import type { LoadTier, RunOptions, SignalMode } from "../options.js";
import type { OwnOptions, RunReport, RunResult } from "../run.js";
import { splitScript } from "./bundle-word.js";
import { relaySignals } from "./child-signals.js";
import { reportFailure, signalStatus } from "./failure.js";
import type { PortExport } from "./port-export.js";
import type { RunBundle } from "./run-described.js";
import { isPort, readRunSettings, settingsIn } from "./run-settings.js";
import { SignalRelay } from "./signals.js";

/** The options as commander gives them. */
export interface RunFlags {
  readonly load: LoadTier;
  readonly pin?: boolean;
  readonly hostLibrary?: readonly string[];
  readonly report?: "table" | "json";
  readonly crashReport?: boolean;
  readonly module?: string;
  readonly signals?: SignalMode;
  readonly process?: boolean;
  readonly refresh?: boolean;
  readonly verify?: string;
  readonly verifyFull?: boolean;
  /** Seconds. */
  readonly grace?: number;
}

/**
 * Runs the bundle; gives the program's exit status.
 * @throws {InmemError} what run() rejects with.
 * @throws {TypeError} flags that would have no effect.
 */
export async function runCommand(
  word: string,
  args: readonly string[],
  flags: RunFlags,
): Promise<number> {
  checkFlags(flags);
  const { bundle, script } = splitScript(word);
  const own = script === undefined ? {} : { script };
  if (mayBeDescribed(bundle)) {
    const run: RunBundle = (path) => runBundle(path, args, flags, own);
    const { runDescribed } = require("./run-described.js") as typeof import("./run-described.js");
    const status = await runDescribed(bundle, flags.refresh === true, run);
    if (status !== undefined) return status;
  }
  if (flags.refresh) {
    throw new TypeError(
      `--refresh has no effect on ${bundle} (expected a folder with an inmem.toml)`,
    );
  }
  return runBundle(bundle, args, flags, own);
}

// Who asks for something means it: it must not mean nothing.
function checkFlags({ process: own, grace, signals, verify, verifyFull }: RunFlags): void {
  if (verifyFull && verify === undefined) {
    throw new TypeError("--verify-full needs --verify FILE, the public key");
  }
  if (!own) return;
  const idle = [
    ...(grace === undefined ? [] : ["--grace"]),
    ...(signals === undefined ? [] : ["--signals"]),
  ];
  if (idle.length > 0) {
    throw new TypeError(
      `${idle.join(", ")} with --process: its process has the signals as python3 has them (expected one or the other)`,
    );
  }
}

async function runBundle(
  bundle: string,
  args: readonly string[],
  flags: RunFlags,
  own: RunOptions,
): Promise<number> {
  // They are of the bundle's own program: its other commands run beside that.
  const isOther = own.script !== undefined || flags.module !== undefined;
  const settings = isOther ? {} : readRunSettings(bundle);
  const offer = await offerPort(settings, bundle, flags.verify);
  try {
    return await runAsSet(bundle, args, flags, {
      ...own,
      ...(settings.terminal === false && { stdin: "" }),
    });
  } finally {
    await offer?.close();
  }
}

async function offerPort(
  settings: RunSettings,
  bundle: string,
  key: string | undefined,
): Promise<PortExport | undefined> {
  if (settings.exportedPort === undefined) return undefined;
  const { exportPort } = require("./port-export.js") as typeof import("./port-export.js");
  const { port, exportedPort } = key === undefined ? settings : signedSettings(bundle, key);
  if (port === undefined || exportedPort === undefined) return undefined;
  // As the program finds it: its environment goes before the bundle.
  const asked = Number(process.env["PORT"]);
  const served = isPort(asked) ? asked : port;
  return served === exportedPort ? undefined : exportPort(exportedPort, served);
}

// Nothing is offered that the key does not vouch for; what is wrong the run tells.
function signedSettings(bundle: string, key: string): RunSettings {
  const { signedManifest } =
    require("../trust/signed-manifest.js") as typeof import("../trust/signed-manifest.js");
  const { binding } = require("../binding.js") as typeof import("../binding.js");
  return settingsIn(signedManifest(binding, bundle, key) ?? "");
}

async function runAsSet(
  bundle: string,
  args: readonly string[],
  flags: RunFlags,
  described: RunOptions,
): Promise<number> {
  const { binding } = require("../binding.js") as typeof import("../binding.js");
  const { runWithReport } = require("../run.js") as typeof import("../run.js");
  let report: RunReport | undefined;
  const options = {
    args: [...args],
    load: flags.load,
    pin: flags.pin ?? false,
    hostLibraries: flags.hostLibrary ?? [],
    ...(flags.verify === undefined ? {} : { verify: flags.verify }),
    verifyFull: flags.verifyFull ?? false,
    ...(flags.module === undefined ? {} : { module: flags.module }),
    ...(flags.report === undefined ? {} : { onReport: (made: RunReport) => (report = made) }),
  };
  const start = (more: RunOptions & OwnOptions) =>
    runWithReport(binding, bundle, { ...described, ...options, ...more });
  try {
    if (flags.process) return await runAsProcess(start, flags);
    if (flags.crashReport) binding().enableCrashReport();
    return await runHere(start, flags);
  } finally {
    if (report && flags.report) printReport(report, flags.report);
  }
}

// A run of a bundle does without the code that reads descriptions.
function mayBeDescribed(path: string): boolean {
  const stats = statOrNothing(path);
  if (!stats?.isDirectory()) return stats !== undefined && path.endsWith("inmem.toml");
  return ["inmem.toml", "pyproject.toml"].some((name) => existsSync(join(path, name)));
}

type Start = (more: RunOptions & OwnOptions) => Promise<RunResult>;

async function runHere(start: Start, flags: RunFlags): Promise<number> {
  // In the mode "python" the kernel hands them to Python, as in python3.
  const { signals = "node", grace } = flags;
  const relay = signals === "node" ? new SignalRelay() : undefined;
  try {
    const { exitCode } = await start({
      signals,
      ...(relay === undefined ? {} : { signal: relay.abortSignal, signalsRelayed: true }),
      ...(grace === undefined ? {} : { abortGraceMs: grace * 1000 }),
    });
    return exitCode;
  } catch (error) {
    return statusAfterSignal(error, relay?.received);
  } finally {
    relay?.close();
  }
}

/** The program's process has the signals as python3 has them; we end when it does. */
async function runAsProcess(start: Start, { crashReport = false }: RunFlags): Promise<number> {
  let child: ChildProcess | undefined;
  let letGo: (() => void) | undefined;
  const onProcess = (started: ChildProcess): void => {
    child = started;
    letGo = relaySignals(started, { interrupts: true });
  };
  try {
    const { exitCode } = await start({ process: true, onProcess, crashReport });
    return exitCode;
  } catch (error) {
    const signal = child?.signalCode;
    if (!signal || !(error instanceof InmemError)) throw error;
    // What a user or a service manager sends needs no word.
    if (!ASKED_TO_END.has(signal)) reportFailure(error);
    return signalStatus(signal);
  } finally {
    letGo?.();
  }
}

const ASKED_TO_END = new Set<NodeJS.Signals>(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"]);

function statusAfterSignal(error: unknown, signal: NodeJS.Signals | undefined): number {
  if (!signal || !(error instanceof InmemError)) throw error;
  // The program ended as the signal asked: nothing to add to what Python said.
  if (error.code === "ERR_INMEM_ABORTED") return signalStatus(signal);
  if (error.code !== "ERR_INMEM_ABORT_TIMEOUT") throw error;
  // It goes on, and would keep this process: whoever sent the signal would not
  // expect that.
  reportFailure(error);
  process.exit(signalStatus(signal));
}

function printReport(report: RunReport, format: "table" | "json"): void {
  const { formatReport } = require("./report.js") as typeof import("./report.js");
  process.stderr.write(formatReport(report, format));
}

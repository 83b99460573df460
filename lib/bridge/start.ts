// lib/bridge/start.ts: start(): the bridge of one environment.
import type { Binding, NativeJob } from "../binding.js";
import { workingFolder } from "../bundle-input.js";
import { withEnvironment } from "../run-environment.js";
import { Crossing } from "./crossing.js";
import { type CheckedStart, checkStart, type StartOptions } from "./options.js";
import { Python } from "./python.js";
import { setInput, setOutput } from "./streams.js";
import { targetOf } from "./target.js";
import type { PyProxy } from "./types.js";

export { bytes, tuple } from "./exact.js";
export { kwargs } from "./kwargs.js";

/** One for the environment: the shared Python is one, and so are the proxies of its objects. */
let shared: Crossing | undefined;

/** start() of lib/start.ts. */
export async function startBridge(
  binding: () => Binding,
  options: StartOptions = {},
): Promise<Python> {
  const checked = checkStart(options);
  const native = binding();
  withEnvironment(native, checked.run.env);
  native.warmUp();
  const { points, crossing } = await begun(native, checked);
  if (checked.stdin !== undefined) setInput(crossing, checked.stdin);
  if (checked.stdout !== undefined) setOutput(crossing, "stdout", checked.stdout);
  if (checked.stderr !== undefined) setOutput(crossing, "stderr", checked.stderr);
  if (checked.loop !== undefined) crossing.python("choose_loop", checked.loop);
  return new Python(crossing, points);
}

/** What native's OpenSession() reads of a run's job. */
function jobOf({ bundles, run }: CheckedStart): NativeJob {
  return {
    bundles,
    args: run.args,
    module: undefined,
    script: undefined,
    cwd: workingFolder(),
    cwdGiven: false,
    pipes: { stdin: false, stdout: false, stderr: false },
    report: false,
    policy: { load: run.load, pin: run.pin, hostLibraries: run.hostLibraries },
    verification: run.verification,
    signals: { python: false, relayed: false },
  };
}

interface Begun {
  readonly points: string[];
  readonly crossing: Crossing;
}

function begun(native: Binding, checked: CheckedStart): Promise<Begun> {
  return new Promise((resolve, reject) => {
    native.beginBridge(jobOf(checked), checked.own, (error, points, interpreter = 0) => {
      if (points === undefined) return reject(error);
      // At once: an interpreter of its own ends that nobody has opened by the end of this.
      try {
        resolve({ points, crossing: opened(native, interpreter) });
      } catch (cause) {
        reject(cause);
      }
    });
  });
}

function opened(native: Binding, interpreter: number): Crossing {
  if (interpreter !== 0) return new Crossing(native.openBridge, interpreter);
  shared ??= new Crossing(native.openBridge);
  return shared;
}

export function isPyProxy(value: unknown): value is PyProxy {
  return targetOf(value) !== undefined;
}

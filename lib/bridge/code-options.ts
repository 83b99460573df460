// lib/bridge/code-options.ts: the options of runPython() and runPythonAsync(), checked.
import { checkIsObject, checkNames, checkString, wrongType } from "../options.js";
import { type CallOptions, type Limits, limitsOf } from "./limits.js";
import { targetOf } from "./target.js";
import type { PyProxy } from "./types.js";

export interface RunPythonOptions extends CallOptions {
  /** Names that the code sees and sets: a dict. Default: `globals`. */
  globals?: PyProxy | undefined;
  /** Default: `globals`. */
  locals?: PyProxy | undefined;
  /** In tracebacks. Default: `<exec>`. */
  filename?: string | undefined;
}

const NAMES = ["globals", "locals", "filename", "timeout", "signal"];

export interface CheckedCode {
  /** Of the functions run() and run_async() of python/inmem/_bridge.py. */
  readonly args: readonly unknown[];
  readonly limits: Limits;
}

/** @throws {TypeError} no code, an unknown option or a wrong type; {RangeError} a bad number. */
export function checkCode(code: unknown, options: RunPythonOptions): CheckedCode {
  if (typeof code !== "string") throw wrongType("code", "a string", code);
  checkIsObject(options);
  checkNames(options, NAMES);
  const { globals, locals, filename } = options;
  checkNamespace("globals", globals);
  checkNamespace("locals", locals);
  checkString("filename", filename);
  return { args: [code, filename ?? "<exec>", globals, locals], limits: limitsOf(options) };
}

function checkNamespace(name: string, value: unknown): void {
  if (value === undefined || value === null || targetOf(value) !== undefined) return;
  throw wrongType(name, "a Python dict (py.toPy({ ... }) makes one)", value);
}

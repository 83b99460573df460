// test/helpers/python.ts: runs Python programs through the built package and collects what they print.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Api from "../../lib/index.js";
import { packageRoot } from "./spawn-node.js";
import { makeZip } from "./zip.js";

/** The compiled package, as `require("inmem-python")` gives it. */
export const api = createRequire(import.meta.url)(
  join(packageRoot, "dist", "index.js"),
) as typeof Api;

/** Name -> content, or the source of `__main__.py` alone. */
export type Files = string | Readonly<Record<string, string | Uint8Array>>;

/** The bytes of a bundle. */
export function bundleOf(files: Files): Buffer {
  return makeZip(typeof files === "string" ? { "__main__.py": files } : files);
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program; its streams are collected unless the options name others. */
export async function runPython(
  bundle: Files | Api.BundleInput,
  options: Api.RunOptions = {},
): Promise<Ran> {
  const { stdout, stderr, end } = collected();
  const { exitCode } = await api.run(toInput(bundle), { stdout, stderr, ...options });
  return { exitCode, ...end() };
}

/** Runs a program that has to fail; gives the error, and what was printed before. */
export async function failPython(
  bundle: Files | Api.BundleInput,
  options: Api.RunOptions = {},
): Promise<Ran & { error: Api.PythonError & { code: string } }> {
  const { stdout, stderr, end } = collected();
  try {
    const { exitCode } = await api.run(toInput(bundle), { stdout, stderr, ...options });
    throw new Error(`expected a rejection, but the exit code was ${exitCode}: ${end().stderr}`);
  } catch (error) {
    if (!(error instanceof api.InmemError) && !isMisuse(error)) throw error;
    return { exitCode: -1, ...end(), error: error as Api.PythonError };
  }
}

/** Runs a program that prints JSON; gives it. */
export async function jsonOf<T = unknown>(
  bundle: Files | Api.BundleInput,
  options: Api.RunOptions = {},
): Promise<T> {
  const { stdout, stderr } = await runPython(bundle, options);
  if (stdout === "") throw new Error(`nothing printed; stderr: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Runs our own Python as a program of its own (design 4.6); gives its stdout. */
export function launch(args: readonly string[], input = ""): string {
  const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
  return execFileSync(launcher, ["-I", ...args], { input, encoding: "utf8" });
}

function isMisuse(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}

// A Buffer and a URL are inputs as they are; a source has a line that is no path.
function toInput(bundle: Files | Api.BundleInput): Api.BundleInput {
  if (bundle instanceof Uint8Array || bundle instanceof URL) return bundle;
  if (typeof bundle === "string" && bundle.startsWith("/")) return bundle;
  return bundleOf(bundle as Files);
}

function collected() {
  const chunks: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  const text = (name: "stdout" | "stderr") => Buffer.concat(chunks[name]).toString();
  return {
    stdout: (chunk: Buffer) => void chunks.stdout.push(chunk),
    stderr: (chunk: Buffer) => void chunks.stderr.push(chunk),
    end: () => ({ stdout: text("stdout"), stderr: text("stderr") }),
  };
}

/** Python source in a template, without the indentation of the test around it; `\` is Python's. */
export function py(strings: TemplateStringsArray, ...values: unknown[]): string {
  const text = String.raw({ raw: strings.raw }, ...values);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const depth = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  const cut = text.split("\n").map((line) => line.slice(Math.min(depth, line.length)));
  return `${cut.join("\n").trim()}\n`;
}

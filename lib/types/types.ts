// lib/types/types.ts: TypeScript declarations of a bundle's modules: from stubs, from annotations, never by running them.
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { packageRoot } from "../binding.js";
import { startPython } from "../bundle/python-child.js";
import { pathOfBundle } from "../bundle-input.js";
import { InmemError } from "../errors.js";
import { checkOutputs, notWritable } from "../file-failure.js";
import {
  type BundleInput,
  checkIsObject,
  checkNames,
  checkSignal,
  checkString,
  checkTexts,
  wrongType,
} from "../options.js";
import { distributedFiles, type ModuleFiles, moduleFiles } from "./files.js";
import type { TypesOptions, TypesResult } from "./options.js";

/** types() of lib/start.ts. */
export async function types(options: TypesOptions): Promise<TypesResult> {
  checkOptions(options);
  const { bundle, modules = [], output, signal } = options;
  signal?.throwIfAborted();
  checkOutputs(output);
  const files = moduleFiles(bundle);
  const request = {
    files: [...files.keys()].filter((name) => MODULE_FILE.test(name) && !COMPILED.test(name)),
    distributed: distributedFiles(files),
    modules,
    head: headOf(bundle),
  };
  const answer = await converse(request, files, signal);
  if ("unknown" in answer) throw noSuchModule(answer, bundle);
  if (output !== undefined) write(output, answer.types);
  return answer;
}

const MODULE_FILE = /\.(?:pyi?|so|pyc)$/;
const COMPILED = /(?:^|\/)__pycache__\//;

function checkOptions(options: TypesOptions): void {
  checkIsObject(options);
  checkNames(options, ["bundle", "modules", "output", "signal"]);
  const { bundle, modules, output, signal } = options;
  pathOfBundle(bundle);
  checkTexts("modules", modules ?? []);
  if (output !== undefined) {
    checkString("output", output);
    // TypeScript reads declarations from such files alone.
    if (!output.endsWith(".d.ts"))
      throw wrongType("output", "a file name that ends with .d.ts", output);
  }
  if (signal !== undefined) checkSignal(signal);
}

function nameOf(bundle: BundleInput): string {
  const path = pathOfBundle(bundle);
  return path === undefined ? "a bundle in memory" : basename(path);
}

function headOf(bundle: BundleInput): string {
  const name = nameOf(bundle).replaceAll(/[\r\n]/g, " ");
  return `// Types of ${name}, written by \`inmem-python types\`: write them anew when it changes.\n`;
}

interface Unknown {
  readonly unknown: readonly string[];
  readonly known: readonly string[];
}

type Said = { readonly read: string } | TypesResult | Unknown;

/** The helper asks for the files that it needs; most of a large bundle it does not. */
async function converse(
  request: object,
  files: ModuleFiles,
  signal: AbortSignal | undefined,
): Promise<TypesResult | Unknown> {
  const script = join(packageRoot, "dist", "types", "python", "write_types.py");
  const child = startPython([script], { signal });
  const { stdin, stdout } = child.process;
  const send = (message: object) => stdin.write(`${JSON.stringify(message)}\n`);
  send(request);
  let answer: TypesResult | Unknown | undefined;
  for await (const line of createInterface({
    input: stdout,
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const said = JSON.parse(line) as Said;
    if ("read" in said) send({ text: files.get(said.read)?.read().toString("latin1") ?? "" });
    else answer = said;
  }
  stdin.end();
  const status = await child.ended;
  signal?.throwIfAborted();
  if (status === 0 && answer !== undefined) return answer;
  throw new InmemError(
    "ERR_INMEM_BUNDLER",
    `types: the helper failed (${status}):\n${child.stderrTail()}`,
  );
}

function noSuchModule({ unknown, known }: Unknown, bundle: BundleInput): InmemError {
  const shown = known.slice(0, 20).join(", ") + (known.length > 20 ? ", ..." : "");
  const what =
    unknown.length > 0
      ? `there is no module ${unknown.join(", ")}`
      : "there is no module with a name";
  const expected = known.length > 0 ? `one of ${shown}` : "a bundle with .py or .pyi files";
  return new InmemError("ERR_INMEM_NOT_FOUND", `${nameOf(bundle)}: ${what} (expected ${expected})`);
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

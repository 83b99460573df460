// lib/cli/bundle-form.ts: the options of `inmem-python bundle` that say how it is written.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Compression } from "../bundle/compression.js";
import type { BundleForm, BundleOptions } from "../bundle/options.js";
import type { Pruning } from "../bundle/selection.js";
import { collect } from "./flags.js";

/** These options as commander gives them. */
export interface FormFlags {
  readonly optimize?: "0" | "1" | "2";
  /** False: --no-compile. */
  readonly compile?: boolean;
  /** False: --no-source. */
  readonly source?: boolean;
  readonly compress?: Compression;
  readonly exclude?: readonly string[];
  readonly prune?: readonly Pruning[];
  /** True: without an interpreter of its own. */
  readonly executable?: boolean | string;
  readonly from?: string;
  /** False: --no-cache. */
  readonly cache?: boolean;
}

export function addFormOptions(command: Command): Command {
  return command
    .option(
      "--from <file>",
      "what another tool made: a pex, a shiv file, a zipapp, a folder with a site-packages",
    )
    .addOption(
      new Option("--optimize <level>", "byte code as Python's -O (1) and -OO (2) make it").choices([
        "0",
        "1",
        "2",
      ]),
    )
    .option("--no-source", "byte code instead of sources")
    .option("--no-compile", "no byte code: sources alone, which are compiled at each import")
    .addOption(
      new Option(
        "--compress <methods>",
        "stored, deflate or zstd; by kind: library=zstd,module=deflate",
      ).argParser(parseMethods),
    )
    .option(
      "--exclude <glob>",
      "leave out files of this name; may be given more than once",
      collect,
    )
    .addOption(
      new Option(
        "--prune <list>",
        "leave out of distributions: tests, headers, static, debug",
      ).argParser(parsePrunings),
    )
    .option(
      "--executable [interpreter]",
      "a file that a shell can start (--executable=/path/to/interpreter)",
    )
    .option("--no-cache", "compile all anew, and keep no byte code for later bundles");
}

type Form = Omit<BundleForm, "output"> & Pick<BundleOptions, "from" | "cache">;

/** The options of bundle() for them. */
export function formFrom(flags: FormFlags): Form {
  const { from, compile, optimize, source, compress, exclude, prune, executable, cache } = flags;
  return {
    ...(cache === false && { cache }),
    ...(from !== undefined && { from }),
    ...(optimize !== undefined && { optimize: Number(optimize) as 0 | 1 | 2 }),
    ...(compile === false && { compile }),
    ...(source === false && { source }),
    ...(compress !== undefined && { compress }),
    ...(exclude !== undefined && { exclude }),
    ...(prune !== undefined && { prune }),
    ...(executable !== undefined && { executable }),
  };
}

// Required late: the command line starts without the bundler.
function parseMethods(text: string): Compression {
  const { parseCompression } =
    require("../bundle/compression.js") as typeof import("../bundle/compression.js");
  return orInvalid(() => parseCompression(text));
}

function parsePrunings(text: string): Pruning[] {
  const { PRUNINGS } = require("../bundle/selection.js") as typeof import("../bundle/selection.js");
  return text.split(",").map((word) => {
    const found = PRUNINGS.find((name) => name === word);
    if (found) return found;
    throw new InvalidArgumentError(`"${word}" (expected ${PRUNINGS.join(", ")})`);
  });
}

function orInvalid<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

// lib/cli/bundle-flags.ts: the options of `inmem-python bundle`, as commander sees them.
import type { Command } from "commander";
import type { BundleInputs } from "../bundle/options.js";
import { InmemError } from "../errors.js";
import { addFormOptions, type FormFlags } from "./bundle-form.js";
import { collect } from "./flags.js";

/** The options as commander gives them. */
export interface BundleFlags extends FormFlags {
  readonly requirement?: string[];
  readonly constraint?: string[];
  readonly extra?: string[];
  readonly group?: string[];
  readonly main?: string;
  readonly module?: string;
  readonly entry?: string;
  readonly app?: string;
  readonly indexUrl?: string;
  readonly extraIndexUrl?: string[];
  readonly findLinks?: string[];
  readonly proxy?: string;
  readonly cert?: string;
  readonly clientCert?: string;
  /** False: --no-index. */
  readonly index: boolean;
  readonly platform?: string;
  readonly pythonVersion?: string;
  readonly output?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const BUNDLE_HELP = `
INPUT is a requirement ("flask>=3"), a folder with an inmem.toml (or with
[tool.inmem-python] in its pyproject.toml), a project that pip builds, a folder of
wheels, a folder with a __main__.py, a requirements.txt, a pyproject.toml (its dependencies),
a pylock.toml, or a Python file that is run (its "# /// script" block is heeded).
Indexes, proxies, certificates and credentials are pip's: PIP_*, pip.conf, netrc, too.
Exit status: 0; 2 when no bundle could be made; 128 + N when signal N ended it.`;

export function addBundle(program: Command, setStatus: (status: number) => void): void {
  addFormOptions(program.command("bundle"))
    .summary("make a bundle from requirements and an application")
    .description(
      "Fetches the wheels that pip chooses and packs them, with the program, into one zip.",
    )
    .argument("[input...]", "requirements, folders and files: see below")
    .option(
      "-r, --requirement <file>",
      "a requirements file, pyproject.toml or pylock.toml; may be given more than once",
      collect,
    )
    .option("-c, --constraint <file>", "a constraints file; may be given more than once", collect)
    .option("--extra <name>", "an extra of the project; may be given more than once", collect)
    .option("--group <name>", "a dependency group; may be given more than once", collect)
    .option("--main <file>", "the Python file that is run")
    .option("-m, --module <module>", "the module that is run, as python -m does")
    .option("-e, --entry <module:function>", "the function that is called")
    .option("--app <folder>", "a folder of which every file becomes part of the bundle")
    .option("--index-url <url>", "the package index")
    .option("--extra-index-url <url>", "a further one; may be given more than once", collect)
    .option(
      "--find-links <place>",
      "a folder or page with wheels; may be given more than once",
      collect,
    )
    .option("--no-index", "no index: wheels come from --find-links alone")
    .option("--proxy <url>", "the proxy through which indexes are reached")
    .option("--cert <file>", "certificates that the index's must be signed by, PEM")
    .option("--client-cert <file>", "a certificate and its key to show to the index, PEM")
    .option("--platform <tag>", "what it is for: manylinux_2_28_x86_64 (default: this host)")
    .option("--python-version <version>", "what it is for: 3.12 (default: the package's own)")
    .option("-o, --output <file>", "the bundle to write (default: what the description says)")
    .option("-q, --quiet", "print nothing but errors")
    .option("--json", "print progress and result to stdout for machines, a line each")
    .addHelpText("after", BUNDLE_HELP)
    .action(async (words: string[], flags: BundleFlags) => {
      const { bundleCommand } = require("./bundle.js") as typeof import("./bundle.js");
      setStatus(await bundleCommand(words, flags));
    });
}

/** The inputs that words and options name. */
export function inputsFrom(words: readonly string[], flags: BundleFlags): BundleInputs {
  const { sortWords } = require("../bundle/inputs.js") as typeof import("../bundle/inputs.js");
  const sorted = sortWords(words);
  const inputs: BundleInputs = {
    ...sorted,
    requirementFiles: [...(sorted.requirementFiles ?? []), ...(flags.requirement ?? [])],
    constraintFiles: flags.constraint ?? [],
    extras: flags.extra ?? [],
    groups: flags.group ?? [],
    extraIndexUrls: flags.extraIndexUrl ?? [],
    findLinks: flags.findLinks ?? [],
  };
  if (!flags.index) inputs.noIndex = true;
  const { main, module, entry, app: folder, indexUrl, platform, pythonVersion } = flags;
  const { proxy, cert, clientCert } = flags;
  for (const [key, value] of Object.entries({
    ...{ main, module, entry, folder, indexUrl, platform, pythonVersion },
    ...{ proxy, cert, clientCert },
  })) {
    if (value !== undefined) (inputs as Record<string, unknown>)[key] = value;
  }
  return inputs;
}

/** @throws {InmemError} ERR_INMEM_CONFIG when neither words nor options name anything to bundle. */
export function checkSomething(words: readonly string[], flags: BundleFlags): void {
  const { requirement, main, module, entry, app, from } = flags;
  const given = [requirement, main, module, entry, app, from].some((flag) => flag !== undefined);
  if (given || words.length > 0) return;
  const message =
    "nothing to bundle (expected requirements, a folder with an inmem.toml, -r FILE, --main FILE, -m MODULE, -e MODULE:FUNCTION, --app FOLDER or --from FILE)";
  throw new InmemError("ERR_INMEM_CONFIG", message);
}

// lib/cli/program.ts: the commands and options, as commander sees them.
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { WAYS, type WayName } from "../measure/ways.js";
import { LOAD_TIERS, SIGNAL_MODES } from "../options.js";
import type { BenchFlags } from "./bench.js";
import { addBundle } from "./bundle-flags.js";
import { EXIT_FAILED } from "./failure.js";
import { collect, parseSeconds } from "./flags.js";
import { guardOutput } from "./output.js";
import { addAudit, addInspect } from "./program-audit.js";
import type { RunFlags } from "./run.js";
import { addTrust } from "./trust-program.js";
import { addTypes } from "./types-program.js";

const RUN_EXIT_STATUS = `
Options after the bundle belong to the program.
Exit status: the program's; 1 after an uncaught exception; 2 when it could not
be run; 128 + N when signal N ended it.`;

const DOCTOR_EXIT_STATUS = `
Exit status: 0 when bundles can run here, 1 when not.`;

const PYTHON_HELP = `
Behaves as python does for -c, -m, a script, "-" and no argument; options other
than these, and all after them, are Python's own (see: inmem-python python --help).`;

/**
 * Parses the words and carries out the command; gives the exit status.
 * @throws {InmemError} whatever the command fails with.
 */
export async function runProgram(words: readonly string[]): Promise<number> {
  let status = 0;
  // What a program prints is its own affair.
  if (words[0] !== "run") guardOutput();
  const program = describeProgram((result) => {
    status = result;
  });
  try {
    await program.parseAsync(spellOutReport(words), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for; anything else is a wrong use, and told.
    return error.exitCode === 0 ? 0 : EXIT_FAILED;
  }
  return status;
}

function describeProgram(setStatus: (status: number) => void): Command {
  const program = new Command("inmem-python")
    .description("Runs Python applications from one zip, in memory.")
    .option("-V, --version", "print the versions of this package, Python and OpenSSL")
    .on("option:version", () => {
      const { versionText } = require("./versions.js") as typeof import("./versions.js");
      process.stdout.write(versionText());
      throw new CommanderError(0, "commander.version", "");
    })
    .configureOutput({
      writeOut: (text) => {
        guardOutput();
        process.stdout.write(text);
      },
    })
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError("(inmem-python --help shows the commands and options)");
  addRun(program, setStatus);
  addPython(program);
  addBundle(program, setStatus);
  addAudit(program, setStatus);
  addBench(program, setStatus);
  addDoctor(program, setStatus);
  addInspect(program, setStatus);
  addSymbols(program, setStatus);
  addTrust(program, setStatus);
  addTypes(program, setStatus);
  return program;
}

function addRun(program: Command, setStatus: (status: number) => void): void {
  program
    .command("run")
    .summary("run a bundle, a wheel or a folder")
    .description("Runs a bundle, a wheel or a folder in memory.")
    .argument(
      "<bundle>",
      "a zip, .pyz or .whl file, a folder with a __main__.py or wheels, or one with an inmem.toml",
    )
    .argument("[args...]", "the program's arguments (sys.argv[1:])")
    .addOption(
      new Option("--load <tier>", "how shared objects get into memory")
        .choices(LOAD_TIERS)
        .default("auto"),
    )
    .option("--pin", "load sealed copies, never the bundle's file itself")
    .option(
      "--host-library <soname>",
      "a library that the bundle may take from this host; may be given more than once",
      collect,
    )
    .addOption(
      new Option(
        "--report [format]",
        "afterwards, print to stderr what was loaded (--report=json: for machines)",
      ).choices(["table", "json"]),
    )
    .option("--verify <file>", "run only what is signed with this public key (PATH.pub of keygen)")
    .option("--verify-full", "with --verify: hash every content before the program begins")
    .option("--crash-report", "after a crash of native code, tell on stderr where it was")
    .option(
      "--process",
      "run it in a process of its own, whose signals are as in python3, without Node in it",
    )
    .option("--refresh", "of a folder with an inmem.toml: ask pip anew which wheels there are")
    .option("-m, --module <module>", "run this module instead of the bundle's __main__")
    .addOption(
      new Option(
        "--signals <mode>",
        "whose handlers get SIGINT, SIGTERM, SIGHUP and SIGUSR2 (default: node)",
      ).choices(SIGNAL_MODES),
    )
    .addOption(
      new Option(
        "--grace <seconds>",
        "how long the program may take to end after a signal (default: 5)",
      ).argParser(parseSeconds),
    )
    .passThroughOptions()
    .addHelpText("after", RUN_EXIT_STATUS)
    .action(async (bundle: string, args: string[], flags: RunFlags) => {
      const { runCommand } = require("./run.js") as typeof import("./run.js");
      setStatus(await runCommand(bundle, args, flags));
    });
}

// Here for the help only: main.ts takes the command itself (main.ts says why).
function addPython(program: Command): void {
  program
    .command("python")
    .summary("start Python, with bundles on its path")
    .description("Starts the package's own Python as a child, without Node in it.")
    .usage("[--bundle <file>]... [--load <tier>] [--verify <file>] [python arguments...]")
    .option("--bundle <file>", "a bundle to import from; may be given more than once")
    .addOption(
      new Option("--load <tier>", "how shared objects get into memory").choices(LOAD_TIERS),
    )
    .option("--verify <file>", "bundles must be signed with this public key (PATH.pub of keygen)")
    .option("--verify-full", "with --verify: hash every content before Python begins")
    .helpOption(false)
    .addHelpText("after", PYTHON_HELP);
}

function addBench(program: Command, setStatus: (status: number) => void): void {
  program
    .command("bench")
    .summary("measure ways of running a bundle")
    .description(
      "Runs a bundle by extraction and from memory, in turns, and compares time, memory and files.",
    )
    .argument("<bundle>", "a zip or .pyz file")
    .argument("[args...]", "the program's arguments; with them it has to end by itself")
    .addOption(
      new Option("--way <way>", "measure this way; may be given more than once, the first is 1.00")
        .choices(WAYS)
        .argParser(collectWay),
    )
    .addOption(
      new Option("--runs <n>", "measured runs of each way").argParser(parseCount(1)).default(10),
    )
    .addOption(
      new Option("--processes <n>", "how many share memory for the sum of Pss; 0: none")
        .argParser(parseCount(0))
        .default(4),
    )
    .option("--python <file>", "a python 3.13, of a venv or other, to compare with")
    .addOption(new Option("--timeout <seconds>", "of one run").argParser(parseSeconds).default(120))
    .option("--html <file>", "write the result with plots, as one page")
    .option("--json", "print the result for machines")
    .passThroughOptions()
    .action(async (bundle: string, args: string[], flags: BenchFlags) => {
      const { benchCommand } = require("./bench.js") as typeof import("./bench.js");
      setStatus(await benchCommand(bundle, args, flags));
    });
}

function addDoctor(program: Command, setStatus: (status: number) => void): void {
  program
    .command("doctor")
    .summary("tell what this host allows, and what follows from it")
    .description(
      "Tries what loading shared objects needs, and tells what works and what to change.",
    )
    .option("--json", "print the report for machines")
    .addHelpText("after", DOCTOR_EXIT_STATUS)
    .action((flags: { readonly json?: boolean }) => {
      const { doctorCommand } = require("./doctor.js") as typeof import("./doctor.js");
      setStatus(doctorCommand(flags.json === true));
    });
}

function addSymbols(program: Command, setStatus: (status: number) => void): void {
  program
    .command("symbols")
    .summary("write what gdb and perf need to name functions of a running process")
    .description(
      "Writes the shared objects that a running process has loaded from bundles into a folder, " +
        "with commands for gdb and a --symfs tree for perf.",
    )
    .argument("<pid>", "the process, one that gdb may attach to", parsePid)
    .argument("<folder>", "where to write; it is made if need be")
    .action((pid: number, folder: string) => {
      const { symbolsCommand } = require("./symbols.js") as typeof import("./symbols.js");
      setStatus(symbolsCommand(pid, folder));
    });
}

function parsePid(value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new InvalidArgumentError("expected the number of a process");
}

function parseCount(least: number): (value: string) => number {
  return (value) => {
    if (/^\d+$/.test(value) && Number(value) >= least) return Number(value);
    throw new InvalidArgumentError(`expected a whole number, ${least} or more`);
  };
}

function collectWay(value: string, earlier: readonly WayName[] = []): WayName[] {
  const way = WAYS.find((name) => name === value);
  if (way === undefined) throw new InvalidArgumentError(`expected one of ${WAYS.join(", ")}`);
  return [...earlier, way];
}

/** Options of `run` whose value is the next word. */
const TAKES_VALUE = new Set([
  "-m",
  "--module",
  "--load",
  "--host-library",
  "--grace",
  "--signals",
  "--verify",
]);

// commander gives an optional value the next word, which here is the bundle:
// `run --report app.pyz` means `--report=table`.
function spellOutReport(words: readonly string[]): string[] {
  const spelled = [...words];
  if (spelled[0] !== "run") return spelled;
  for (let i = 1; spelled[i]?.startsWith("-") && spelled[i] !== "--"; i++) {
    const word = spelled[i] as string;
    if (word === "--report") spelled[i] = "--report=table";
    if (TAKES_VALUE.has(word)) i++;
  }
  return spelled;
}

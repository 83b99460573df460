// lib/cli/program-audit.ts: the commands that look into bundles: audit and inspect.
import { type Command, Option } from "commander";
import type { AuditFlags } from "./audit.js";
import { collect, parseSeconds } from "./flags.js";
import type { InspectFlags } from "./inspect.js";

const AUDIT_EXIT_STATUS = `
Exit status: 0 when nothing is unresolved and what was asked for is met, 1 when
not, 2 when a file could not be audited.`;

export function addAudit(program: Command, setStatus: (status: number) => void): void {
  const command = program
    .command("audit")
    .summary("tell on which hosts bundles and wheels run, and what they lack")
    .description(
      "Reads all ELF objects of bundles, wheels and folders of wheels: the platform tag that each " +
        "wheel really meets, libraries and symbols that are missing, objects of other Pythons.",
    )
    .argument("<file...>", "bundles, wheels, or folders of wheels");
  addAuditOptions(command)
    .option("--json", "print the report for machines")
    .option("--sarif <file>", "write the findings as SARIF 2.1.0")
    .option("-q, --quiet", "print errors alone")
    .addHelpText("after", AUDIT_EXIT_STATUS)
    .action(async (files: string[], flags: AuditFlags) => {
      const { auditCommand } = require("./audit.js") as typeof import("./audit.js");
      setStatus(await auditCommand(files, flags));
    });
}

export function addInspect(program: Command, setStatus: (status: number) => void): void {
  const command = program
    .command("inspect")
    .summary("show what is in a bundle: sizes, licenses, shared objects, audit")
    .description(
      "Shows what a bundle or a wheel holds, by distribution and kind, under which licenses, what of " +
        "its shared objects would be mapped and copied, and the audit.",
    )
    .argument("<file>", "a bundle or a wheel")
    .argument("[args...]", "with --run: the program's arguments, behind --");
  addAuditOptions(command)
    .option("--html <file>", "write all of it as one page, with drawings")
    .option("--sbom <file>", "write a software bill of materials: CycloneDX 1.6 JSON")
    .option("--run", "run the bundle in a process of its own, and show the time of its imports")
    .addOption(
      new Option("--timeout <seconds>", "of that run (default: 120)").argParser(parseSeconds),
    )
    .option("--json", "print all of it for machines")
    .action(async (file: string, args: string[], flags: InspectFlags) => {
      const { inspectCommand } = require("./inspect.js") as typeof import("./inspect.js");
      setStatus(await inspectCommand(file, args, flags));
    });
}

function addAuditOptions(command: Command): Command {
  return command
    .option("--policy <name>", "what each wheel has to meet: manylinux_2_28, manylinux2014, ...")
    .option("--host", "whether this host has to have what is asked for")
    .option(
      "--host-library <soname>",
      "a library that may be taken from this host; may be given more than once",
      collect,
    );
}

// lib/cli/types-program.ts: the options of `inmem-python types`, as commander sees them.
import type { Command } from "commander";
import type { TypesFlags } from "./types.js";

const TYPES_HELP = `
Modules are named as in Python (numpy, app.models). Without one: those of the application
itself, or the packages of a bundle that has no application.
Exit status: 0, also when a file was not understood (told on stderr); 2 when nothing
was written; 128 + N when signal N ended it.`;

export function addTypes(program: Command, setStatus: (status: number) => void): void {
  program
    .command("types")
    .summary("write TypeScript declarations of a bundle's modules")
    .description(
      "Writes TypeScript declarations of a bundle's modules, from stubs (.pyi) and annotations; " +
        "no module is run.",
    )
    .argument("<bundle>", "a bundle, a wheel or a folder")
    .argument("[module...]", "the modules")
    .option("-o, --output <file>", "the file to write, NAME.d.ts (default: to stdout)")
    .option("-q, --quiet", "print warnings alone")
    .option("--json", "print for machines what was written, and what was not understood")
    .addHelpText("after", TYPES_HELP)
    .action(async (bundle: string, modules: string[], flags: TypesFlags) => {
      const { typesCommand } = require("./types.js") as typeof import("./types.js");
      setStatus(await typesCommand(bundle, modules, flags));
    });
}

#!/usr/bin/env node
// lib/cli/main.ts: the command `inmem-python`.

// A command's code is required when it is called: a `run` should not wait for
// the bundler, nor `python` for the parser of options that are not its own.
async function main(words: readonly string[]): Promise<number> {
  if (words[0] === "python") {
    const { pythonCommand } = require("./python.js") as typeof import("./python.js");
    return pythonCommand(words.slice(1));
  }
  const { runProgram } = require("./program.js") as typeof import("./program.js");
  return runProgram(words);
}

main(process.argv.slice(2)).then(
  (status) => {
    const { statusOf } = require("./output.js") as typeof import("./output.js");
    process.exitCode = statusOf(status);
  },
  (error: unknown) => {
    const { reportFailure } = require("./failure.js") as typeof import("./failure.js");
    const { statusOf } = require("./output.js") as typeof import("./output.js");
    process.exitCode = statusOf(reportFailure(error));
  },
);

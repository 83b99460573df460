// bench/runner/child.mjs: a fresh process that prints one JSON object.
import { execFile } from "node:child_process";

/**
 * Runs it in the measure's environment; gives the last line of its output as an object.
 * With INMEM_BENCH_KILL in there the child kills itself when it has told all.
 */
export function childJson(program, args, context) {
  return new Promise((resolve, reject) => {
    const options = { cwd: context.dir, env: context.env, encoding: "utf8", maxBuffer: 1 << 26 };
    execFile(program, args, options, (error, stdout, stderr) => {
      const killedItself = error?.signal === "SIGKILL" && context.env.INMEM_BENCH_KILL;
      if (error && !killedItself) return reject(new Error(`${error.message}\n${stdout}${stderr}`));
      const last = stdout.trimEnd().split("\n").at(-1) ?? "";
      try {
        resolve(JSON.parse(last));
      } catch {
        reject(
          new Error(`no JSON in the output of ${program} ${args.join(" ")}:\n${stdout}${stderr}`),
        );
      }
    });
  });
}

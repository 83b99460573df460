// scripts/house/tool.mjs: run a checker or compiler whose complaints, on either stream, are the error's message.
import { spawn } from "node:child_process";
import { root } from "./main.mjs";

/** Resolves with what the tool printed; rejects with the same when its status is not 0. */
export function runTool(program, args, { cwd = root, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (status, signal) => {
      if (status === 0) resolve(output);
      else reject(new Error(output.trim() || `${program} ended with ${signal ?? status}`));
    });
  });
}

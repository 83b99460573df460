// bench/bridge/sides/node-calls-python.mjs: the rows as node-calls-python does them. It has no proxies, so no attributes.
import { createRequire } from "node:module";
import { join } from "node:path";
import { checked, sameList } from "../check.mjs";

export async function open({ peers, operations }) {
  const require = createRequire(join(peers, "package.json"));
  const { interpreter } = require("node-calls-python");
  const python = interpreter.importSync(operations);
  return {
    add(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += interpreter.callSync(python, "add", 1, 2);
      checked(sum, 3 * n);
    },
    echo(n, text) {
      let length = 0;
      for (let i = 0; i < n; i += 1) length += interpreter.callSync(python, "echo", text).length;
      checked(length, text.length * n);
    },
    list(n, values) {
      for (let i = 0; i < n; i += 1)
        sameList(interpreter.callSync(python, "each_way", values), values);
    },
    callback(n) {
      checked(
        interpreter.callSync(python, "call_back", (i) => i + 1, n),
        (n * (n + 1)) / 2,
      );
    },
    async await(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += await interpreter.call(python, "add", 1, 2);
      checked(sum, 3 * n);
    },
    long: (name, seconds) => interpreter.call(python, name, seconds),
  };
}

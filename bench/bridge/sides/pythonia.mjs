// bench/bridge/sides/pythonia.mjs: the rows as pythonia does them: a child process, JSON over pipes, each access awaited.
import { createRequire } from "node:module";
import { join } from "node:path";
import { checked, sameList } from "../check.mjs";

export async function open({ peers, operations, interpreter }) {
  process.env.PYTHON_BIN = interpreter;
  const require = createRequire(join(peers, "package.json"));
  const { python: bridge } = require("pythonia");
  const python = await bridge(operations);
  // Without it, each answer carries a repr for console.log.
  await bridge.setFastMode(true);
  const point = await python.point;
  return {
    async add(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += await python.add(1, 2);
      checked(sum, 3 * n);
    },
    async attribute(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += await point.x;
      checked(sum, 7 * n);
    },
    async echo(n, text) {
      let length = 0;
      for (let i = 0; i < n; i += 1) length += (await python.echo(text)).length;
      checked(length, text.length * n);
    },
    async list(n, values) {
      for (let i = 0; i < n; i += 1) {
        const back = await python.each_way(values);
        sameList(await back.valueOf(), values);
      }
    },
    async callback(n) {
      checked(await python.call_back((i) => i + 1, n), (n * (n + 1)) / 2);
    },
    async await(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += await python.add(1, 2);
      checked(sum, 3 * n);
    },
    long: (name, seconds) => python[name](seconds),
    close: () => bridge.exit(),
  };
}

// bench/bridge/sides/floor.mjs: the rows with Node-API alone: no Python, no conversion that any value would need.
import { createRequire } from "node:module";
import { checked, sameList } from "../check.mjs";

export async function open({ floor }) {
  const addon = createRequire(import.meta.url)(floor);
  const { add, echo, eachWay, callBack, addOnThread } = addon;
  return {
    add(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += add(1, 2);
      checked(sum, 3 * n);
    },
    attribute(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += addon.x;
      checked(sum, 7 * n);
    },
    echo(n, text) {
      let length = 0;
      for (let i = 0; i < n; i += 1) length += echo(text).length;
      checked(length, text.length * n);
    },
    list(n, values) {
      for (let i = 0; i < n; i += 1) sameList(eachWay(values), values);
    },
    callback(n) {
      checked(
        callBack((i) => i + 1, n),
        (n * (n + 1)) / 2,
      );
    },
    async await(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += await addOnThread(1, 2);
      checked(sum, 3 * n);
    },
  };
}

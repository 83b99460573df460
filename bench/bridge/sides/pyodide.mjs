// bench/bridge/sides/pyodide.mjs: the rows as pyodide does them: CPython in WebAssembly, on the JavaScript thread.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checked, sameList } from "../check.mjs";

export async function open({ peers, source }) {
  const require = createRequire(join(peers, "package.json"));
  const file = require.resolve("pyodide/pyodide.mjs");
  const { loadPyodide } = await import(pathToFileURL(file).href);
  const pyodide = await loadPyodide();
  pyodide.FS.writeFile("/home/pyodide/operations.py", source);
  const python = pyodide.pyimport("operations");
  const { add, add_async: addAsync, echo, each_way: eachWay, call_back: callBack } = python;
  const { make, point } = python;
  return {
    add(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += add(1, 2);
      checked(sum, 3 * n);
    },
    attribute(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += point.x;
      checked(sum, 7 * n);
    },
    echo(n, text) {
      let length = 0;
      for (let i = 0; i < n; i += 1) length += echo(text).length;
      checked(length, text.length * n);
    },
    list(n, values) {
      for (let i = 0; i < n; i += 1) {
        const there = pyodide.toPy(values);
        const back = eachWay(there);
        sameList(back.toJs(), values);
        there.destroy();
        back.destroy();
      }
    },
    callback(n) {
      checked(
        callBack((i) => i + 1, n),
        (n * (n + 1)) / 2,
      );
    },
    async await(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += await addAsync(1, 2);
      checked(sum, 3 * n);
    },
    objects(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += make(i).length;
      checked(sum, n);
    },
  };
}

// bench/bridge/sides/ours.mjs: the rows as this package does them.
import { createRequire } from "node:module";
import { checked, sameList } from "../check.mjs";

export async function open({ root, bundles }) {
  const { start } = createRequire(import.meta.url)(root);
  const py = await start({ bundles });
  const python = py.pyimport("operations");
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
        const there = py.toPy(values);
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
      for (let i = 0; i < n; i += 1) sum += await add.callAsync(1, 2);
      checked(sum, 3 * n);
    },
    async "await-coroutine"(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += await addAsync(1, 2);
      checked(sum, 3 * n);
    },
    objects(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += make(i).length;
      checked(sum, n);
    },
    long: (name, seconds) => python[name].callAsync(seconds),
    ...arrays(py, bundles),
  };
}

/** numpy's part, where its bundle is mounted. */
function arrays(py, bundles) {
  if (bundles.length < 2) return {};
  const { make, take } = py.pyimport("arrays");
  const made = new Map();
  return {
    array(n, size) {
      if (!made.has(size)) made.set(size, make(size));
      const array = made.get(size);
      for (let i = 0; i < n; i += 1) {
        const view = array.getBuffer();
        const { data } = view;
        if (!(data instanceof Float64Array) || data[size - 1] !== size - 1)
          throw new Error(`${data?.constructor.name} ${data?.[size - 1]} came`);
        checked(take(data), size + size - 1);
        view.release();
      }
    },
  };
}

// bench/bridge/sides/ours.mjs: the rows as this package does them.
import { createRequire } from "node:module";
import { checked } from "../check.mjs";
import { awaited, pythonRows } from "../rows.mjs";

export async function open({ root, bundles }) {
  const { start } = createRequire(import.meta.url)(root);
  const py = await start({ bundles });
  const python = py.pyimport("operations");
  const { add } = python;
  return {
    ...pythonRows(
      python,
      (values) => py.toPy(values),
      (a, b) => add.callAsync(a, b),
    ),
    "await-coroutine": awaited(python.add_async),
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

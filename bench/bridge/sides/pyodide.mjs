// bench/bridge/sides/pyodide.mjs: the rows as pyodide does them: CPython in WebAssembly, on the JavaScript thread.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pythonRows } from "../rows.mjs";

export async function open({ peers, source }) {
  const require = createRequire(join(peers, "package.json"));
  const file = require.resolve("pyodide/pyodide.mjs");
  const { loadPyodide } = await import(pathToFileURL(file).href);
  const pyodide = await loadPyodide();
  pyodide.FS.writeFile("/home/pyodide/operations.py", source);
  const python = pyodide.pyimport("operations");
  return pythonRows(python, (values) => pyodide.toPy(values), python.add_async);
}

// examples/bridge/errors.mjs: exceptions and errors, on their way through both languages.
import { PythonError, start } from "inmem-python";

const py = await start();
const load = py.runPython(`
def load(read):
    try:
        return read("settings")
    except Exception as error:
        raise RuntimeError("no settings") from error
load
`);

try {
  load((name) => {
    throw new RangeError(`${name}: not here`);
  });
} catch (error) {
  console.log(error instanceof PythonError, error.type, "-", error.message);
  console.log("cause:", error.cause instanceof RangeError, error.cause.message);
  console.log(error.stack.includes("--- Python ---"), error.traceback.includes("in load"));
}

// SystemExit is an error like the others: the host goes on.
try {
  py.runPython("raise SystemExit(3)");
} catch (error) {
  console.log(error.type, error.message);
}

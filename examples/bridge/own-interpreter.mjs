// examples/bridge/own-interpreter.mjs: Python that runs beside the shared interpreter, with a GIL of its own.
import { start } from "inmem-python";

const shared = await start();
const own = await start({ interpreter: "own" });

// Modules and names are each one's own.
own.runPython("import sys; sys.modules['settings'] = object(); name = 'own'");
shared.runPython("import sys; name = 'shared'");
for (const py of [shared, own]) {
  console.log(py.runPython("f\"{name}: {'settings' in sys.modules}\""));
}

// Both compute at the same time; values come back, objects stay where they are.
const code = "sum(n * n for n in range(100_000))";
console.log(await Promise.all([shared, own].map((py) => py.runPythonAsync(code))));
try {
  shared.toPy({ list: own.runPython("[1, 2]") });
} catch (error) {
  console.log(error.code);
}

await own.close();

// bench/bridge/worker.mjs: one of many workers: adds across the bridge, or in JavaScript alone.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

const { bridge, root } = workerData;
if (bridge) {
  const { start } = createRequire(import.meta.url)(root);
  const py = await start();
  parentPort.postMessage(py.runPython("1 + 2"));
} else {
  parentPort.postMessage(1 + 2);
}

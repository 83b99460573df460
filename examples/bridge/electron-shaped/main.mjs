// examples/bridge/electron-shaped/main.mjs: an application's main process has Python, its window asks by messages.
//
// In Electron `fork` is a BrowserWindow, `process.send` is ipcRenderer.invoke, `on("message")` is
// ipcMain.handle: the rest is the same.
import { fork } from "node:child_process";
import { start } from "inmem-python";

const py = await start();
const model = py.runPython(`
import collections, types

def most_common(text, count):
    words = collections.Counter(text.lower().split())
    return tuple(words.most_common(count))

types.SimpleNamespace(most_common=most_common)
`);

// What a window may ask for, and nothing else.
const handlers = {
  mostCommon: (text, count) => model.most_common.callAsync(text, count),
};

const window = fork(new URL("./renderer.mjs", import.meta.url));
window.on("message", async ({ id, name, args }) => {
  try {
    window.send({ id, result: await handlers[name](...args) });
  } catch (error) {
    window.send({ id, error: { type: error.type, message: error.message } });
  }
});
window.on("exit", (code) => {
  process.exitCode = code ?? 1;
});

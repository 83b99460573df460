// examples/bridge/electron-shaped/renderer.mjs: a window's script: it has messages alone, no Python and no Node modules of the application.
let last = 0;
const waiting = new Map();

function invoke(name, ...args) {
  const id = ++last;
  process.send({ id, name, args });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

process.on("message", ({ id, result, error }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error) reject(Object.assign(new Error(error.message), error));
  else resolve(result);
});

const text = "the quick brown fox and the lazy dog and the bird";
for (const [word, count] of await invoke("mostCommon", text, 2)) console.log(`${word}: ${count}`);
try {
  await invoke("mostCommon", 5, 2);
} catch (error) {
  console.log(`${error.type}: ${error.message}`);
}
process.disconnect();

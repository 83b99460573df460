// bench/programs/build-described.cjs: what `inmem-python run FOLDER` does before it runs, timed.
//
// usage: node build-described.cjs ROOT FOLDER change|refresh
const { join } = require("node:path");

const [root, folder, how] = process.argv.slice(2);
const started = performance.now();
const { upToDateBundle } = require(join(root, "dist", "bundle", "up-to-date.js"));

upToDateBundle(folder, { refresh: how === "refresh" }).then(({ made }) => {
  console.log(JSON.stringify({ value: performance.now() - started, made }));
});

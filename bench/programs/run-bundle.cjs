// bench/programs/run-bundle.cjs: a fresh Node that takes the time and runs a bundle; Python tells when it got where.
//
// usage: node run-bundle.cjs PACKAGE_ROOT BUNDLE. Python's __main__ prints a
// JSON line with `ns`, its CLOCK_MONOTONIC; hrtime is the same clock.
const [packageRoot, bundle] = process.argv.slice(2);

const started = process.hrtime.bigint();
const { run } = require(packageRoot);
const chunks = [];
run(bundle, { stdout: (chunk) => chunks.push(Buffer.from(chunk)) }).then(({ exitCode }) => {
  const { ns, ...rest } = JSON.parse(Buffer.concat(chunks).toString());
  const value = Number(BigInt(ns) - started) / 1e6;
  console.log(JSON.stringify({ value, exitCode, ...rest }));
});

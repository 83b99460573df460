// bench/programs/run-verified.cjs: a fresh Node that takes the time and runs a bundle, verified or not; Python tells when it got where.
//
// usage: node run-verified.cjs PACKAGE_ROOT BUNDLE [KEY [full]]. Python's __main__
// prints a JSON line with `ns`, its CLOCK_MONOTONIC; hrtime is the same clock.
const [packageRoot, bundle, verify, full] = process.argv.slice(2);

const started = process.hrtime.bigint();
const { run } = require(packageRoot);
const chunks = [];
const options = {
  stdout: (chunk) => chunks.push(Buffer.from(chunk)),
  ...(verify && { verify, verifyFull: full === "full" }),
};
run(bundle, options).then(({ exitCode }) => {
  const { ns, ...rest } = JSON.parse(Buffer.concat(chunks).toString());
  console.log(JSON.stringify({ value: Number(BigInt(ns) - started) / 1e6, exitCode, ...rest }));
});

// bench/programs/run-bundle.cjs: a fresh Node that takes the time and runs a bundle; Python tells when it got where.
//
// usage: node run-bundle.cjs PACKAGE_ROOT BUNDLE [TIER [KEY [full]]]. Python's
// __main__ prints a JSON line with `ns`, its CLOCK_MONOTONIC; hrtime is the same
// clock. With a tier: loads in that way, and tells what was loaded. With a key:
// the bundle is verified, in full before it runs if so asked. With
// INMEM_BENCH_KILL the process ends at once when all is told.
const [packageRoot, bundle, load = "auto", verify, full] = process.argv.slice(2);
const ending = process.env.INMEM_BENCH_KILL;
delete process.env.INMEM_BENCH_KILL; // the program shall not end so before

const started = process.hrtime.bigint();
const { run, sharedObjects } = require(packageRoot);
const chunks = [];
const options = {
  load,
  stdout: (chunk) => chunks.push(Buffer.from(chunk)),
  ...(verify && { verify, verifyFull: full === "full" }),
};
run(bundle, options).then(({ exitCode }) => {
  const { ns, ...rest } = JSON.parse(Buffer.concat(chunks).toString());
  const value = Number(BigInt(ns) - started) / 1e6;
  const objects = process.argv[4] && sharedObjects().map(told);
  const line = `${JSON.stringify({ value, exitCode, ...rest, objects })}\n`;
  process.stdout.write(line, () => ending && process.kill(process.pid, "SIGKILL"));
});

function told({ rebindings, ...object }) {
  return { ...object, rebindings: rebindings.length };
}

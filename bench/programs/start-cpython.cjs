// bench/programs/start-cpython.cjs: a fresh Node that takes the time from the require of bench/start/cpython.c's addon to the end of its start().
//
// usage: node start-cpython.cjs ADDON PYTHON_HOME
const [addon, home] = process.argv.slice(2);
const started = process.hrtime.bigint();
require(addon)(home);
const value = Number(process.hrtime.bigint() - started) / 1e6;
process.stdout.write(`${JSON.stringify({ value })}\n`);

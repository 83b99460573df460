// scripts/wheels/refused.mjs: which tiers can be had here? Asked once, with a program that loads one small shared object.
import { builtPython, commandLine, prepare } from "./prepare.mjs";
import { startProgram } from "./start-program.mjs";
import { findSubjects } from "./subjects.mjs";

// The host's or the version's word; any other failure is one of the matrix's.
const refusals = /^inmem-python: (ERR_INMEM_LOAD_TIER: .*)/m;

/**
 * @param {string[]} tiers
 * @param {string} node
 * @returns {Promise<Record<string, string>>} the reason by tier
 */
export async function refusedTiers(tiers, node) {
  const subject = (await findSubjects()).find(({ name }) => name === "markupsafe");
  const { bundle } = await prepare(subject, builtPython());
  const refused = {};
  for (const tier of tiers) {
    const ended = await startProgram([node, commandLine, "run", `--load=${tier}`, bundle]);
    const [, reason] = refusals.exec(ended.stderr) ?? [];
    if (ended.status !== 0 && reason) refused[tier] = reason;
  }
  return refused;
}

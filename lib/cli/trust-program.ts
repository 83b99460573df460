// lib/cli/trust-program.ts: keygen, sign and verify, as commander sees them.
import type { Command } from "commander";
import type { SignFlags } from "./trust.js";

const load = () => require("./trust.js") as typeof import("./trust.js");

/** Adds the three commands. */
export function addTrust(program: Command, setStatus: (status: number) => void): void {
  program
    .command("keygen")
    .summary("make a pair of keys for signing bundles")
    .description("Writes an Ed25519 private key to <path> and its public key to <path>.pub.")
    .argument("<path>", "a new file; none is overwritten")
    .action((path: string) => setStatus(load().keygenCommand(path)));
  program
    .command("sign")
    .summary("sign a bundle")
    .description("Checks a bundle against its manifest and signs it, in place.")
    .argument("<bundle>", "a bundle that inmem-python bundle made")
    .requiredOption("--key <file>", "the private key, from keygen")
    .option("-o, --output <file>", "write the signed bundle here instead")
    .action(async (bundle: string, flags: SignFlags) =>
      setStatus(await load().signCommand(bundle, flags)),
    );
  program
    .command("verify")
    .summary("check a bundle's signature and every byte that it covers")
    .description("Checks signature, structure and every content of a bundle; runs nothing.")
    .argument("<bundle>", "a signed bundle")
    .requiredOption("--key <file>", "the public key, PATH.pub of keygen")
    .action(async (bundle: string, { key }: { readonly key: string }) =>
      setStatus(await load().verifyCommand(bundle, key)),
    );
}

// lib/cli/trust.ts: `inmem-python keygen`, `sign` and `verify`.
import { binding } from "../binding.js";
import { keygen } from "../trust/keys.js";
import { sign } from "../trust/sign.js";
import { verify } from "../trust/verify.js";

export interface SignFlags {
  readonly key: string;
  readonly output?: string;
}

/** Makes a pair of keys; gives the exit status. @throws {InmemError} what keygen() throws. */
export function keygenCommand(path: string): number {
  const pair = keygen(path);
  process.stdout.write(
    `${pair.privateKey}: the private key, for inmem-python sign; keep it secret\n` +
      `${pair.publicKey}: the public key, for inmem-python run --verify\nkey ${pair.id}\n`,
  );
  return 0;
}

/** Signs a bundle; gives the exit status. @throws {InmemError} what sign() rejects with. */
export async function signCommand(bundle: string, { key, output }: SignFlags): Promise<number> {
  const result = await sign(binding, bundle, { key, ...(output === undefined ? {} : { output }) });
  process.stdout.write(`${result.output}: ${result.entries} entries signed\nkey ${result.keyId}\n`);
  return 0;
}

/** Checks a bundle; gives the exit status. @throws {InmemError} what verify() rejects with. */
export async function verifyCommand(bundle: string, key: string): Promise<number> {
  const result = await verify(binding, bundle, key);
  process.stdout.write(`${bundle}: ${result.entries} entries as signed\nkey ${result.keyId}\n`);
  return 0;
}

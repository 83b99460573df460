// lib/trust/verify.ts: holds a bundle against its signature, every content of it.
import type { Binding } from "../binding.js";
import { nativeBundles } from "../bundle-input.js";
import { InmemError } from "../errors.js";
import type { BundleInput, VerifyKey } from "../options.js";
import { keyId, publicKeyOf, spellVerification } from "./keys.js";

export interface VerifyResult {
  /** SHA-256 of the public key, hexadecimal. */
  readonly keyId: string;
  /** How many entries are as they were signed: all. */
  readonly entries: number;
}

/**
 * verify() of lib/start.ts: what `run()` does with
 * `verify` and `verifyFull`, without running anything.
 * @throws {InmemError} ERR_INMEM_KEY, ERR_INMEM_UNSIGNED, ERR_INMEM_BAD_SIGNATURE,
 * ERR_INMEM_BAD_MANIFEST, ERR_INMEM_NOT_AS_SIGNED, ERR_INMEM_BAD_DIGEST, and what concerns the
 * archive.
 * @throws {TypeError} wrong arguments.
 */
export async function verify(
  binding: () => Binding,
  bundle: BundleInput,
  publicKey: VerifyKey,
): Promise<VerifyResult> {
  const key = publicKeyOf(publicKey);
  const verification = spellVerification(key, true);
  let entries = 0;
  for (const one of nativeBundles(bundle)) {
    if (typeof one !== "string" && "folder" in one) {
      const message = `${one.folder}: a folder (expected a bundle that is signed)`;
      throw new InmemError("ERR_INMEM_UNSIGNED", message);
    }
    const [source, name] = typeof one === "string" ? [one, ""] : [one.bytes, one.name ?? "bundle"];
    entries += await binding().verifyBundle(source, name, verification);
  }
  return { keyId: keyId(key), entries };
}

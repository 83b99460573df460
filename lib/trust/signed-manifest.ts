// lib/trust/signed-manifest.ts: the manifest of a bundle, if a key has signed it; the contents are run()'s to hold against it.
import { verify } from "node:crypto";
import type { Binding } from "../binding.js";
import { MANIFEST_NAME, SIGNATURE_NAME } from "../bundle/manifest-name.js";
import { publicKeyOf } from "./keys.js";

/** The text that was signed; undefined where anything is otherwise. */
export function signedManifest(
  binding: () => Binding,
  path: string,
  publicKey: string,
): string | undefined {
  try {
    const archive = binding().openArchive(path);
    const read = (wanted: string) =>
      archive.read(archive.entries.findIndex(({ name }) => name === wanted));
    const manifest = read(MANIFEST_NAME);
    const { signature } = JSON.parse(read(SIGNATURE_NAME).toString("utf8"));
    const isGood = verify(null, manifest, publicKeyOf(publicKey), Buffer.from(signature, "base64"));
    return isGood ? manifest.toString("utf8") : undefined;
  } catch {
    return undefined;
  }
}

// lib/bundle/manifest-name.ts: names of a bundle's own entries, for those who need no more of manifests.

/** Name of the manifest's entry. */
export const MANIFEST_NAME = "inmem.json";
/** Name of the signature's entry; never an entry of the manifest. */
export const SIGNATURE_NAME = "inmem.sig";

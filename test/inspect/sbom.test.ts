// test/inspect/sbom.test.ts: the bill of materials is what CycloneDX's own schema takes, whatever is in the bundle.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Schema, Validator } from "@cfworker/json-schema";
import { expect, it } from "vitest";
import { numpyWheel } from "../helpers/numpy.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";
import { zipFile } from "../helpers/zip.js";

/** As the CycloneDX project keeps them, with the schemas that they refer to. */
const validator = (() => {
  const find = createRequire(import.meta.url).resolve;
  const folder = join(find("@cyclonedx/cyclonedx-library/package.json"), "..", "res", "schema");
  const read = (name: string): Schema =>
    JSON.parse(readFileSync(join(folder, `${name}.SNAPSHOT.schema.json`), "utf8"));
  const made = new Validator(read("bom-1.6"), "7", false);
  for (const name of ["spdx", "jsf-0.82"]) {
    made.addSchema(read(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  return made;
})();

/** Faults by the schema, none for a valid document. */
function faultsOf(sbom: unknown): string[] {
  return validator
    .validate(sbom)
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

async function sbomOf(bundle: string) {
  const path = join(tmpDir(), "bom.json");
  const { code, stderr } = await spawnCommand(["inspect", "--sbom", path, bundle]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(readFileSync(path, "utf8"));
}

it("of a bundle, and of a wheel with libraries in it", async () => {
  const sbom = await sbomOf(await wheelBundle(["markupsafe==3.0.3"], { "__main__.py": "" }));
  expect(faultsOf(sbom)).toEqual([]);
  // The schema is at work, with those that it refers to.
  const [first] = sbom.components;
  for (const wrong of [
    { serialNumber: "urn:uuid:1" },
    { components: [{ ...first, type: "wheel" }] },
    { components: [{ ...first, hashes: [{ alg: "SHA-256", content: "0" }] }] },
    { components: [{ ...first, licenses: [{ license: { id: "no-such-license" } }] }] },
    { dependencies: [{ ref: "a", dependsOn: ["b", "b"] }] },
  ]) {
    expect(faultsOf({ ...sbom, ...wrong })).not.toEqual([]);
  }
  const numpy = await sbomOf(await numpyWheel());
  expect(faultsOf(numpy)).toEqual([]);
  expect(numpy.components[0].components.length).toBeGreaterThan(2);
});

it("of a bundle whose metadata are missing, odd or there twice", async () => {
  const metadata = (text: string) => `Metadata-Version: 2.4\n${text}`;
  const twice = metadata("Name: Two.Names\nVersion: 1.0\nRequires-Dist: bare\n");
  const bundle = zipFile({
    "bare-.dist-info/METADATA": "",
    "odd-1.0.dist-info/METADATA": metadata(
      "Name: odd\nVersion: 1.0+\u00e4\nSummary:\nLicense: \nLicense-Expression:\nClassifier: License :: \n",
    ),
    "Two.Names-1.0.dist-info/METADATA": twice,
    "two_names-1.0.dist-info/METADATA": twice,
    "inmem.json": JSON.stringify({ distributions: [{ name: "odd", sha256: "0" }], entries: 1 }),
  });
  const sbom = await sbomOf(bundle);
  expect(faultsOf(sbom)).toEqual([]);
  const refs = sbom.components.map((one: Record<string, string>) => one["bom-ref"]);
  expect(refs.filter((ref: string) => ref.includes("two-names"))).toEqual([
    "pkg:pypi/two-names@1.0",
  ]);
  expect(refs).toContain("pkg:pypi/odd@1.0%2B%C3%A4");
});

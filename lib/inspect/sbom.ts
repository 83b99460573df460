// lib/inspect/sbom.ts: a software bill of materials as CycloneDX 1.6 JSON.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { AuditedArchive, Distribution } from "../audit/content.js";
import type { AuditedFile } from "../audit/report.js";
import { normalizedName } from "../bundle/distribution-name.js";
import type { Versions } from "../version.js";
import { licenseOf } from "./contents.js";

/** The document's text; the same bundle gives the same bytes. */
export function sbomOf(archive: AuditedArchive, file: AuditedFile, versions: Versions): string {
  const name = basename(archive.path);
  // Metadata that are there twice, under two spellings of a name, are of one component.
  const distributions = [
    ...new Map(archive.distributions.map((one) => [refOf(one), one])).values(),
  ];
  const components = [
    ...distributions.map((one) => distributionComponent(one, archive, file)),
    ...runtimeComponents(versions),
  ];
  const root = { type: "application", "bom-ref": "application", name };
  const body = {
    metadata: {
      tools: {
        components: [{ type: "application", name: "inmem-python", version: versions.inmem }],
      },
      component: root,
    },
    components,
    dependencies: dependenciesOf(distributions),
  };
  const head = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    version: 1,
  };
  return `${JSON.stringify({ ...head, ...body }, null, 1)}\n`;
}

function distributionComponent(one: Distribution, archive: AuditedArchive, file: AuditedFile) {
  const license = licenseOf(one);
  const label = `${one.name} ${one.version}`;
  const libraries = file.objects.filter(
    ({ distribution, kind }) => distribution === label && kind === "library",
  );
  const nested = libraries.map(({ entry, soname, buildId }) => ({
    type: "file",
    "bom-ref": `${refOf(one)}#${entry}`,
    name: soname || basename(entry),
    properties: [
      { name: "inmem-python:entry", value: entry },
      ...(buildId === "" ? [] : [{ name: "inmem-python:buildId", value: buildId }]),
    ],
  }));
  const sha256 = archive.manifest.wheelHashes.get(one.name);
  const summary = one.metadata.get("summary")?.[0];
  return {
    type: "library",
    "bom-ref": refOf(one),
    name: one.name,
    version: one.version,
    purl: refOf(one),
    ...(summary ? { description: summary } : {}),
    ...(license === "" ? {} : { licenses: [licenseChoice(one, license)] }),
    ...(sha256 === undefined ? {} : { hashes: [{ alg: "SHA-256", content: sha256 }] }),
    ...(nested.length === 0 ? {} : { components: nested }),
  };
}

// An expression is SPDX's; other texts are names.
function licenseChoice({ metadata }: Distribution, license: string) {
  if (metadata.has("license-expression")) return { expression: license };
  return { license: { name: license } };
}

/** What runs the bundle: part of what is shipped with it. */
function runtimeComponents({ python, openssl, sqlite, zlib }: Versions) {
  const parts = { cpython: python, openssl, sqlite, zlib };
  return Object.entries(parts).map(([name, version]) => ({
    type: name === "cpython" ? "platform" : "library",
    "bom-ref": `runtime:${name}`,
    name,
    version: /\d[\w.+-]*/.exec(version)?.[0] ?? version,
    properties: [{ name: "inmem-python:partOf", value: "inmem-python" }],
  }));
}

/** Requires-Dist by name: what is not in the bundle was not asked for here. */
function dependenciesOf(distributions: readonly Distribution[]) {
  const byName = new Map(distributions.map((one) => [normalizedName(one.name), one]));
  const needs = distributions.map((one) => ({
    ref: refOf(one),
    dependsOn: [
      ...new Set(
        (one.metadata.get("requires-dist") ?? []).flatMap((text) => {
          const found = byName.get(normalizedName(/^[\w.-]+/.exec(text)?.[0] ?? ""));
          return found && found !== one ? [refOf(found)] : [];
        }),
      ),
    ].sort(),
  }));
  return [{ ref: "application", dependsOn: distributions.map(refOf).sort() }, ...needs];
}

function refOf({ name, version }: Distribution): string {
  return `pkg:pypi/${normalizedName(name)}@${encodeURIComponent(version)}`;
}

// Version 8: by our own rule, which is a hash of the content.
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}

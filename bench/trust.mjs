// bench/trust.mjs: what a verification costs at the start, by the number of entries and by their size.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeZip } from "../scripts/house/zip.mjs";
import { childJson } from "./runner/child.mjs";

export const about = "the start of a signed bundle: verified, verified in full, not verified";

const program = join(import.meta.dirname, "programs", "run-bundle.cjs");
const firstLine = `import time; ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC); print('{"ns": "%d"}' % ns)\n`;
const numpyLine = `import numpy\n${firstLine}`;

const command = ({ root }, ...words) =>
  execFileSync(process.execPath, [join(root, "dist", "cli", "main.js"), ...words]);

function makeKey(context) {
  const key = join(context.dir, "key");
  command(context, "keygen", key);
  return key;
}

/** A signed bundle of `count` data files of `sizeBytes` each. */
function makeBundle(context, name, key, count, sizeBytes) {
  const entries = [{ name: "__main__.py", data: Buffer.from(firstLine) }];
  for (let i = 0; i < count; i += 1) {
    const data = Buffer.alloc(sizeBytes, `${i} `);
    entries.push({ name: `package_${i % 97}/data/file_${i}.bin`, data });
  }
  const listed = entries.map(({ name: file, data }) => [
    file,
    { sha256: createHash("sha256").update(data).digest("hex"), size: data.length, kind: "other" },
  ]);
  const manifest = JSON.stringify({ format: 1, entries: Object.fromEntries(listed) });
  const path = join(context.dir, name);
  writeFileSync(path, makeZip([...entries, { name: "inmem.json", data: manifest }]));
  command(context, "sign", "--key", key, path);
}

const sample =
  (bundle, ...how) =>
  (context) => {
    const words = how.map((word) => (word === "key" ? join(context.dir, "key.pub") : word));
    const path = join(context.dir, bundle);
    return childJson(process.execPath, [program, context.root, path, "auto", ...words], context);
  };

const count = 2000;
const large = 100 * 1024;
const megabytes = ((count * large) / 1e6).toFixed(0);

const start = {
  about: `from require to the first line, a bundle of ${count} entries: verified / not verified`,
  unit: "ms",
  runs: 31,
  prepare: (context) => makeBundle(context, "small.pyz", makeKey(context), count, 100),
  ours: { label: "verify", sample: sample("small.pyz", "key") },
  theirs: { label: "no verify", sample: sample("small.pyz") },
};

const size = {
  about: `the same, verified: ${count} entries of ${large} bytes / of 100 bytes`,
  unit: "ms",
  runs: 31,
  prepare: (context) => {
    const key = makeKey(context);
    makeBundle(context, "small.pyz", key, count, 100);
    makeBundle(context, "large.pyz", key, count, large);
  },
  ours: { label: `verify, ${megabytes} MB`, sample: sample("large.pyz", "key") },
  theirs: { label: "verify, 0.2 MB", sample: sample("small.pyz", "key") },
};

const full = {
  about: `the same, ${megabytes} MB: verified in full / verified`,
  unit: "ms",
  runs: 15,
  prepare: (context) => makeBundle(context, "large.pyz", makeKey(context), count, large),
  ours: { label: "verifyFull", sample: sample("large.pyz", "key", "full") },
  theirs: { label: "verify", sample: sample("large.pyz", "key") },
};

const numpy = {
  about: "from require to numpy imported: verified / not verified",
  unit: "ms",
  runs: 15,
  prepare: (context) => {
    const main = join(context.dir, "main.py");
    const output = join(context.dir, "numpy.pyz");
    writeFileSync(main, numpyLine);
    command(context, "bundle", "-q", "numpy==2.3.4", "--main", main, "-o", output);
    command(context, "sign", "--key", makeKey(context), output);
  },
  ours: { label: "verify: sealed copies", sample: sample("numpy.pyz", "key") },
  theirs: { label: "no verify: mapped", sample: sample("numpy.pyz") },
};

export const measures = { start, size, full, numpy };

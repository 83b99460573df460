// scripts/python/fetch.mjs: bring one package's pinned source into the cache, and unpack it with its fixes.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureEntry } from "../common/cache.mjs";
import { hashKey, sha256File } from "../common/hash.mjs";
import { RunError, run, say } from "../common/run.mjs";
import { downloadSource, sourceVersions } from "./apt.mjs";

/**
 * The source of a lock entry: `{ dir, tarball, packaging, version, revision, origin, pinned }`.
 * Order: a local folder, Debian's archive by apt, the upstream address (which has no fixes of Debian).
 * `getApt` opens apt once for all packages, and only when one of them asks.
 */
export async function fetchSource(entry, { cache, folder, getApt }) {
  const key = hashKey([entry.tarball, entry.upstream, entry.debian]);
  const dir = join(cache, "sources", `${entry.name}-${entry.version}-${key}`);
  await ensureEntry(dir, `the source of ${entry.name}`, async (part) => {
    const found =
      (await fromFolder(entry, folder, part)) ??
      (await fromApt(entry, getApt, part)) ??
      (await fromUpstream(entry, part));
    writeFileSync(join(part, "source.json"), `${JSON.stringify(found, null, 2)}\n`);
  });
  return { dir, ...JSON.parse(readFileSync(join(dir, "source.json"), "utf8")) };
}

/** Unpack a fetched source into `dir` and apply the fixes; the names of those applied. */
export async function unpackSource(entry, source, dir, log) {
  await unpack(join(source.dir, source.tarball), dir, log);
  if (!source.packaging) return [];
  const debian = `${dir}.debian`;
  await unpack(join(source.dir, source.packaging), debian, log);
  const patches = join(debian, "patches");
  const series = existsSync(join(patches, "series"))
    ? readFileSync(join(patches, "series"), "utf8")
    : "";
  const applied = [];
  for (const line of series.split("\n")) {
    const [name, option = "-p1"] = line.trim().split(/\s+/);
    if (!name || name.startsWith("#") || isPackaging(entry, name)) continue;
    const args = [
      option,
      "--batch",
      "--forward",
      "--no-backup-if-mismatch",
      "-i",
      join(patches, name),
    ];
    await run("patch", args, { cwd: dir, log });
    applied.push(name);
  }
  rmSync(debian, { recursive: true, force: true });
  const missing = source.pinned ? entry.patches.filter((name) => !applied.includes(name)) : [];
  if (missing.length > 0)
    throw new RunError(`${source.packaging} lacks ${missing.join(", ")} of the lock`);
  return applied;
}

function isPackaging(entry, name) {
  return entry.packagingPatches.some((pattern) =>
    pattern.startsWith("*") ? name.endsWith(pattern.slice(1)) : pattern === name,
  );
}

async function fromFolder(entry, folder, part) {
  if (!folder) return undefined;
  for (const wanted of [entry.tarball, entry.upstream]) {
    const path = join(folder, wanted.file);
    if (!existsSync(path)) continue;
    await checkFile(path, wanted.sha256);
    copyFileSync(path, join(part, wanted.file));
    const packaging = await packagingFromFolder(entry, folder, part);
    if (!packaging) warnUnpatched(entry, `${entry.debian.packaging.file} is not beside it`);
    const revision = packaging ? entry.debian.version : undefined;
    return {
      tarball: wanted.file,
      packaging,
      version: entry.version,
      revision,
      origin: "folder",
      pinned: true,
    };
  }
  say(
    `${entry.name}: neither ${entry.tarball.file} nor ${entry.upstream.file} in the given folder`,
  );
  return undefined;
}

async function packagingFromFolder(entry, folder, part) {
  const { file, sha256 } = entry.debian.packaging;
  const path = join(folder, file);
  if (!existsSync(path)) return undefined;
  await checkFile(path, sha256);
  copyFileSync(path, join(part, file));
  return file;
}

/** The pinned revision; where the archive has it no more, the newest of the same upstream series. */
async function fromApt(entry, getApt, part) {
  const apt = await getApt();
  if (!apt) return undefined;
  const { source, version: pinned, suites } = entry.debian;
  const others = async () =>
    (await sourceVersions(apt, source, suites)).filter(
      (version) => version !== pinned && inSeries(upstreamVersion(version), entry.series),
    );
  const files = await downloadSource(apt, source, pinned, part);
  if (files) return describe(entry, files, pinned, part);
  for (const version of await others()) {
    const other = await downloadSource(apt, source, version, part);
    if (!other) continue;
    say(
      `${entry.name}: Debian's ${source} ${pinned} is gone; taking ${version}, checked by apt's signatures`,
    );
    return describe(entry, other, version, part);
  }
  say(
    `${entry.name}: apt offers no ${source} ${pinned} and no other ${entry.series} (log: ${apt.log})`,
  );
  return undefined;
}

async function describe(entry, files, revision, part) {
  const tarball = files.find((name) => /\.orig\.tar\.\w+$/.test(name));
  const packaging = files.find((name) => /\.debian\.tar\.\w+$/.test(name));
  if (!tarball) throw new RunError(`no upstream tarball among ${files.join(", ")}`);
  const pinned = revision === entry.debian.version;
  // Another upstream version cannot be in the lock: there apt's signature alone vouches for it.
  if (tarball === entry.tarball.file) await checkFile(join(part, tarball), entry.tarball.sha256);
  if (pinned && packaging) await checkFile(join(part, packaging), entry.debian.packaging.sha256);
  for (const name of files) if (name !== tarball && name !== packaging) rmSync(join(part, name));
  const same = tarball === entry.tarball.file;
  return {
    tarball,
    packaging,
    version: same ? entry.version : upstreamVersion(revision),
    revision,
    origin: "debian",
    pinned,
  };
}

async function fromUpstream(entry, part) {
  const { file, url, sha256 } = entry.upstream;
  say(`${entry.name}: downloading ${file} from upstream`);
  let bytes;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    bytes = Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new RunError(
      `no source for ${entry.name} ${entry.version}: not from apt, and upstream (${url}) fails: ` +
        `${error.cause?.message ?? error.message}.\nPut ${entry.tarball.file} or ${file} into a folder and name it in INMEM_SOURCES.`,
    );
  }
  writeFileSync(join(part, file), bytes);
  await checkFile(join(part, file), sha256);
  warnUnpatched(entry, "the upstream tarball has none of them");
  return { tarball: file, version: entry.version, origin: "upstream", pinned: false };
}

function warnUnpatched(entry, why) {
  if (entry.patches.length === 0) return;
  say(`WARNING: ${entry.name} is built without Debian's ${entry.patches.length} fixes: ${why}`);
}

async function checkFile(path, expected) {
  const found = await sha256File(path);
  if (found !== expected)
    throw new RunError(`${path}: SHA-256 is ${found}, the lock says ${expected}`);
}

/** `1:1.3.dfsg+really1.3.1-1` -> `1.3.1`, `3.5.7-1~deb13u2` -> `3.5.7`, `6.5+20250216-2` -> `6.5`. */
function upstreamVersion(revision) {
  const upstream = revision.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  return upstream
    .replace(/^.*\+really/, "")
    .replace(/[+~].*$/, "")
    .replace(/\.dfsg.*$/, "");
}

function inSeries(version, series) {
  return version === series || version.startsWith(`${series}.`);
}

async function unpack(archive, dir, log) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  if (!archive.endsWith(".zip")) {
    await run("tar", ["-xf", archive, "-C", dir, "--strip-components=1", "--no-same-owner"], {
      log,
    });
    return;
  }
  const raw = `${dir}.zip`;
  await run("unzip", ["-q", archive, "-d", raw], { log });
  rmSync(dir, { recursive: true });
  renameSync(join(raw, readdirSync(raw)[0]), dir);
  rmSync(raw, { recursive: true });
}

// scripts/python/apt.mjs: Debian source packages through apt, in a private state folder.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { withLock } from "../common/cache.mjs";
import { say, tryRun } from "../common/run.mjs";
import { which } from "../common/system-packages.mjs";

const RELEASES = [
  "buster",
  "bullseye",
  "bookworm",
  "trixie",
  "forky",
  "oldoldstable",
  "oldstable",
  "stable",
  "testing",
];

/**
 * Source-package access for the named suites, or undefined where there is no apt or no Debian archive
 * in its lists. The system's own lists say where the archive is; only type and suite differ in ours.
 */
export async function openApt(cache, suites, log) {
  if (!which("apt-get") || !which("dpkg")) return undefined;
  const entries = debianEntries();
  const list = sourceList(entries, suites);
  if (list.length === 0) return undefined;
  const root = join(cache, "apt");
  mkdirSync(join(root, "state", "lists", "partial"), { recursive: true });
  mkdirSync(join(root, "cache", "archives", "partial"), { recursive: true });
  mkdirSync(join(root, "parts"), { recursive: true });
  writeFileSync(join(root, "inmem.sources"), `${list.join("\n\n")}\n`);
  writeFileSync(join(root, "apt.conf"), aptConfiguration(root));
  const options = ["-c", join(root, "apt.conf")];
  say("apt: reading the source package lists (private state, the system's stay as they are)");
  await withLock(join(root, "lock"), "the package lists", async () => {
    if (await tryRun("apt-get", [...options, "-q", "update"], { log })) return;
    say(`apt: could not read all lists, see ${log}`);
  });
  return { options, log };
}

function aptConfiguration(root) {
  const settings = {
    "Dir::State": join(root, "state"),
    "Dir::Cache": join(root, "cache"),
    "Dir::Etc::sourcelist": join(root, "inmem.sources"),
    "Dir::Etc::sourceparts": join(root, "parts"),
    // The folder belongs to us, not to apt's own user, and nothing in it is secret.
    ...(process.getuid() === 0 ? { "APT::Sandbox::User": "root" } : {}),
  };
  // The system's hooks look after the system's lists: they are not run for ours.
  const hooks = ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"].map(
    (name) => `#clear APT::Update::${name};`,
  );
  return [
    ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`),
    ...hooks,
    "",
  ].join("\n");
}

/** Versions of a source package that the lists offer in these suites, newest first. */
export async function sourceVersions(apt, source, suites) {
  const found = await tryRun("apt-cache", [...apt.options, "madison", source]);
  const versions = [];
  for (const line of (found?.stdout ?? "").split("\n")) {
    const [name, version, origin] = line.split("|").map((part) => part.trim());
    if (name === source && suites.some((suite) => origin?.includes(` ${suite}/`)))
      versions.push(version);
  }
  return sortVersions([...new Set(versions)]);
}

/** Download one revision of a source package into `dir`; its files' names, or undefined. */
export async function downloadSource(apt, source, version, dir) {
  const part = join(dir, ".part");
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const args = [...apt.options, "-q", "source", "--download-only", `${source}=${version}`];
  const done = await tryRun("apt-get", args, { cwd: part, log: apt.log });
  const files = done ? readdirSync(part) : [];
  for (const file of files) copyFileSync(join(part, file), join(dir, file));
  rmSync(part, { recursive: true, force: true });
  return done ? files : undefined;
}

async function sortVersions(versions) {
  const sorted = [];
  for (const version of versions) {
    let at = 0;
    while (at < sorted.length && (await isNewer(sorted[at], version))) at += 1;
    sorted.splice(at, 0, version);
  }
  return sorted;
}

async function isNewer(a, b) {
  return (await tryRun("dpkg", ["--compare-versions", a, "gt", b])) !== undefined;
}

/** The Debian archive entries of the system's lists: `{ suites, stanza(suite) }`. */
function debianEntries() {
  const parts = "/etc/apt/sources.list.d";
  const files = existsSync(parts)
    ? readdirSync(parts)
        .sort()
        .map((name) => join(parts, name))
    : [];
  const entries = [];
  for (const file of ["/etc/apt/sources.list", ...files]) {
    if (!existsSync(file)) continue;
    if (file.endsWith(".sources")) entries.push(...deb822Entries(readFileSync(file, "utf8")));
    else if (file.endsWith(".list")) entries.push(...oneLineEntries(readFileSync(file, "utf8")));
  }
  return entries;
}

function deb822Entries(text) {
  const entries = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const lines = stanza.split("\n").filter((line) => line.trim() && !line.startsWith("#"));
    const field = (name) =>
      lines
        .find((line) => line.toLowerCase().startsWith(`${name}:`))
        ?.split(/:(.*)/s)[1]
        .trim();
    if (/^no$/i.test(field("enabled") ?? "") || !field("components")?.split(/\s+/).includes("main"))
      continue;
    const kept = lines.filter(
      (line) => !/^(types|suites|components|architectures|enabled):/i.test(line),
    );
    const make = (suite) =>
      ["Types: deb-src", `Suites: ${suite}`, "Components: main", ...kept].join("\n");
    entries.push({ suites: field("suites")?.split(/\s+/) ?? [], make });
  }
  return entries;
}

function oneLineEntries(text) {
  const entries = [];
  for (const line of text.split("\n")) {
    const match = /^deb(?:-src)?\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
    if (!match?.[4].split(/\s+/).includes("main")) continue;
    const signedBy = /signed-by=(\S+)/i.exec(match[1] ?? "")?.[1].replace(/,/g, " ");
    const make = (suite) =>
      [
        "Types: deb-src",
        `URIs: ${match[2]}`,
        `Suites: ${suite}`,
        "Components: main",
        ...(signedBy ? [`Signed-By: ${signedBy}`] : []),
      ].join("\n");
    entries.push({ suites: [match[3]], make });
  }
  return entries;
}

function sourceList(entries, wanted) {
  const stanzas = new Set();
  for (const entry of entries) {
    for (const suite of entry.suites) {
      const match = /^([a-z]+)(|-updates|-security)$/.exec(suite);
      if (!match || !RELEASES.includes(match[1])) continue;
      for (const target of wanted) {
        if (target.endsWith(match[2]) && (match[2] !== "" || !target.includes("-")))
          stanzas.add(entry.make(target));
      }
    }
  }
  return [...stanzas];
}

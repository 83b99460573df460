// scripts/house/debian-node.mjs: Debian's own nodejs, whose libnode uses the distribution's OpenSSL and zlib, kept in the cache.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureEntry } from "../common/cache.mjs";
import { run, tryRun } from "../common/run.mjs";
import { which } from "../common/system-packages.mjs";
import { step } from "./main.mjs";

/** The oldest Debian whose nodejs (20.19) this package supports. */
const suite = "trixie";

/** With all that they need. */
const packages = [
  "nodejs",
  // Programs of the matrix start a shell.
  "dash",
  // Wheels of the matrix take them from the host, which this root hides (test/wheels/*/setup.mjs).
  "libfribidi0",
  "libglib2.0-0t64",
];

/**
 * Debian's Node with all that it needs, the C library too, unpacked into a folder that becomes its root: it opens
 * files below /usr/share by their paths. Nothing is installed. The machine's other folders are there as they are;
 * the working directory is the root.
 * @typedef {object} DebianNode
 * @property {string} node  A script that starts it.
 * @property {string} executable  The ELF file.
 */

/** @returns {Promise<DebianNode | undefined>} undefined without apt, a Debian archive, or mount namespaces. */
export async function ensureDebianNode() {
  const uri = await debianArchive();
  const user = process.getuid() === 0 ? [] : ["--map-root-user"];
  if (!uri || !(await tryRun("unshare", ["--mount", ...user, "true"]))) return undefined;
  const key = createHash("sha256").update(packages.join("\n")).digest("hex").slice(0, 8);
  const dir = join(cacheDir(), "node", `debian-${suite}-${key}`);
  await ensureEntry(dir, `Debian's nodejs of ${suite}`, (part) =>
    step(`Debian's nodejs of ${suite}`, () => unpack(part, uri)),
  );
  return { node: join(dir, "node"), executable: join(dir, "root", "usr", "bin", "node") };
}

// In a mount namespace of its own, whose mounts are gone with it.
const starter = `#!/bin/sh
if [ "$1" != --entered ]; then
  [ "$(id -u)" = 0 ] || user=--map-root-user
  exec unshare --mount $user "$0" --entered "$@"
fi
shift
root="\${0%/*}/root"
for dir in /*; do
  case $dir in /usr | /bin | /lib* | /sbin) continue ;; esac
  [ -d "$dir" ] || continue
  mkdir -p "$root$dir" && mount --rbind "$dir" "$root$dir" || exit 125
done
exec chroot "$root" /usr/bin/node "$@"
`;

/** The signatures of Debian's archive, by the package debian-archive-keyring. */
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

// Where the system's own lists have the archive.
async function debianArchive() {
  if (!which("apt-get") || !which("dpkg-deb") || !existsSync(keyring)) return undefined;
  const words = ["--format", "$(ORIGIN)|$(COMPONENT)|$(REPO_URI)"];
  const found = await tryRun("apt-get", ["indextargets", ...words, "Identifier: Packages"]);
  const lines = (found?.stdout ?? "").split("\n").map((line) => line.split("|"));
  // The security archive has no first release of a package.
  const isArchive = ([origin, component, uri]) =>
    origin === "Debian" && component === "main" && !uri.includes("security");
  return lines.find(isArchive)?.[2];
}

async function unpack(part, uri) {
  const apt = join(part, "apt");
  for (const name of ["lists/partial", "archives/partial", "parts"]) {
    mkdirSync(join(apt, name), { recursive: true });
  }
  const source = ["Types: deb", `URIs: ${uri}`, `Suites: ${suite}`, "Components: main"];
  const lines = [...source, `Signed-By: ${keyring}`, ""];
  writeFileSync(join(apt, "debian.sources"), lines.join("\n"));
  // No package is installed there: all that nodejs needs is fetched.
  writeFileSync(join(apt, "status"), "");
  writeFileSync(join(apt, "apt.conf"), configuration(apt));
  const options = ["-c", join(apt, "apt.conf"), "-q", "-y"];
  await run("apt-get", [...options, "update"]);
  await run("apt-get", [
    ...options,
    "install",
    "--download-only",
    "--no-install-recommends",
    ...packages,
  ]);
  const root = join(part, "root");
  const archives = readdirSync(join(apt, "archives")).filter((name) => name.endsWith(".deb"));
  for (const name of archives) {
    await run("dpkg-deb", ["-x", join(apt, "archives", name), root]);
  }
  for (const name of ["bin", "lib", "lib64", "sbin"]) {
    if (!existsSync(join(root, name))) symlinkSync(`usr/${name}`, join(root, name));
  }
  if (!existsSync(join(root, "usr", "bin", "sh")))
    symlinkSync("dash", join(root, "usr", "bin", "sh"));
  if (!existsSync(join(root, "usr", "bin", "node"))) throw new Error(`no usr/bin/node in ${root}`);
  writeFileSync(join(part, "node"), starter, { mode: 0o755 });
  rmSync(apt, { recursive: true });
}

function configuration(apt) {
  const settings = {
    "Dir::State::lists": join(apt, "lists"),
    "Dir::State::status": join(apt, "status"),
    "Dir::Cache": apt,
    "Dir::Cache::archives": join(apt, "archives"),
    "Dir::Etc::sourcelist": join(apt, "debian.sources"),
    "Dir::Etc::sourceparts": join(apt, "parts"),
    "Debug::NoLocking": "true",
    "APT::Install-Recommends": "false",
    // The folder belongs to us, not to apt's own user, and nothing in it is secret.
    ...(process.getuid() === 0 ? { "APT::Sandbox::User": "root" } : {}),
  };
  // The system's hooks look after the system's packages.
  const hooks = ["APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "DPkg::Pre-Invoke"]
    .concat(["APT::Update::Post-Invoke-Success", "DPkg::Post-Invoke", "DPkg::Pre-Install-Pkgs"])
    .map((name) => `#clear ${name};`);
  return [
    ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`),
    ...hooks,
    "",
  ].join("\n");
}

// test/helpers/wheel-objects.ts: the shared objects of a stock wheel, of this machine or another one.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureEntry } from "../../scripts/common/cache.mjs";
import { packageRoot } from "./spawn-node.js";

export type Machine = "x86_64" | "aarch64";

const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
const glibcs = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"];

/** Paths of all of them, unpacked once into the cache by pip and zipfile of our own interpreter. */
export async function wheelObjects(
  name: string,
  version: string,
  machine: Machine,
): Promise<string[]> {
  const folder = join(cacheDir(), "wheels", "objects", `${name}-${version}-${machine}`);
  mkdirSync(join(cacheDir(), "wheels", "objects"), { recursive: true });
  await ensureEntry(folder, `the ${name} wheel for ${machine}`, async (temporary: string) => {
    const platforms = glibcs.flatMap((glibc) => ["--platform", `${glibc}_${machine}`]);
    const tags = ["--python-version", "3.13", "--implementation", "cp"];
    const abis = ["--abi", "cp313", "--abi", "abi3", "--abi", "none"];
    const what = ["--no-deps", "--only-binary", ":all:", "--dest", temporary];
    const pip = ["-m", "pip", "download", "--disable-pip-version-check", "--no-input"];
    python([...pip, ...what, ...platforms, ...tags, ...abis, `${name}==${version}`]);
    const wheel = readdirSync(temporary).find((file) => file.endsWith(".whl"));
    if (wheel === undefined) throw new Error(`no wheel of ${name} in ${temporary}`);
    python(["-m", "zipfile", "-e", join(temporary, wheel), join(temporary, "site")]);
  });
  const site = join(folder, "site");
  return readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.so(\.[\d.]+)?$/.test(file))
    .map((file) => join(site, file))
    .sort();
}

function python(args: string[]) {
  execFileSync(launcher, ["-I", ...args], { stdio: ["ignore", "ignore", "inherit"] });
}

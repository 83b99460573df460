// test/helpers/numpy.ts: the stock numpy wheel of PyPI, downloaded once into the cache.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureEntry } from "../../scripts/common/cache.mjs";
import { packageRoot } from "./spawn-node.js";

/** Pinned: what the tests expect of its files is this version's. */
export const numpyVersion = "2.3.4";

/** Path of the wheel; pip in our own interpreter fetches it the first time. */
export async function numpyWheel(): Promise<string> {
  const folder = join(cacheDir(), "wheels", `numpy-${numpyVersion}-cp313`);
  mkdirSync(join(cacheDir(), "wheels"), { recursive: true });
  await ensureEntry(folder, "the numpy wheel", async (temporary: string) => {
    const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
    const pip = ["-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps"];
    const what = ["--only-binary", ":all:", "--dest", temporary, `numpy==${numpyVersion}`];
    execFileSync(launcher, ["-I", ...pip, ...what], { stdio: ["ignore", "ignore", "inherit"] });
  });
  const name = readdirSync(folder).find((file) => file.endsWith(".whl"));
  if (name === undefined) throw new Error(`no wheel in ${folder}`);
  return join(folder, name);
}

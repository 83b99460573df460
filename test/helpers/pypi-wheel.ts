// test/helpers/pypi-wheel.ts: stock wheels of PyPI, for any platform, downloaded once into the cache.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureEntry } from "../../scripts/common/cache.mjs";
import { packageRoot } from "./spawn-node.js";

/** Which file of a release. */
export interface WheelChoice {
  /** `"markupsafe==3.0.3"`. */
  readonly requirement: string;
  /** Platform tags, any of which will do. */
  readonly platforms: readonly string[];
  /** `"3.13"` unless told otherwise. */
  readonly python?: string;
  /** `"cp313"` unless told otherwise. */
  readonly abi?: string;
}

/** Path of the wheel; pip in our own interpreter fetches it the first time. */
export async function pypiWheel(choice: WheelChoice): Promise<string> {
  const { requirement, platforms, python = "3.13", abi = "cp313" } = choice;
  const folder = join(cacheDir(), "wheels", [requirement, abi, platforms[0]].join("-"));
  mkdirSync(join(cacheDir(), "wheels"), { recursive: true });
  await ensureEntry(folder, `the wheel of ${requirement}`, async (temporary: string) => {
    const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
    const pip = ["-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps"];
    const tags = platforms.flatMap((platform) => ["--platform", platform]);
    tags.push("--implementation", "cp", "--python-version", python, "--abi", abi);
    const what = ["--only-binary", ":all:", "--dest", temporary, requirement];
    execFileSync(launcher, ["-I", ...pip, ...tags, ...what], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  });
  const name = readdirSync(folder).find((file) => file.endsWith(".whl"));
  if (name === undefined) throw new Error(`no wheel in ${folder}`);
  return join(folder, name);
}

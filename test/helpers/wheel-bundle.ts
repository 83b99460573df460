// test/helpers/wheel-bundle.ts: a program beside stock wheels of PyPI, in one zip.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureEntry } from "../../scripts/common/cache.mjs";
import { hashKey } from "../../scripts/common/hash.mjs";
import { commandLine, packageRoot } from "./spawn-node.js";
import { tmpDir } from "./tmp.js";

const addEntries = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "a") as bundle:
    for name, text in json.loads(sys.stdin.read()).items():
        bundle.writestr(name, text)
`;

/**
 * Path of a bundle of these requirements (`"click==8.5.1"`, with what they need: pin it too)
 * and these files. The wheels are packed once, into the cache.
 */
export async function wheelBundle(
  requirements: readonly string[],
  files: Readonly<Record<string, string>>,
  name = "app.pyz",
): Promise<string> {
  const folder = join(cacheDir(), "wheels", "sets", `test-${hashKey([...requirements])}`);
  mkdirSync(join(folder, ".."), { recursive: true });
  await ensureEntry(folder, requirements.join(" "), async (temporary: string) => {
    const words = ["bundle", "-q", ...requirements, "-o", join(temporary, "wheels.pyz")];
    execFileSync(process.execPath, [commandLine, ...words], { stdio: "inherit" });
  });
  const path = join(tmpDir(), name);
  copyFileSync(join(folder, "wheels.pyz"), path);
  const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
  execFileSync(launcher, ["-I", "-c", addEntries, path], { input: JSON.stringify(files) });
  return path;
}

/** The folder of a bundle with its files beside it, unpacked: the same program on disk. */
export function writeFiles(files: Readonly<Record<string, string>>): string {
  const folder = tmpDir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

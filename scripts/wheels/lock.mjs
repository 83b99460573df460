// scripts/wheels/lock.mjs: writes a subject's requirements.txt: what pip resolves today, pinned by version and hash.
//
// usage: node scripts/wheels/lock.mjs FOLDER REQUIREMENT...
//        node scripts/wheels/lock.mjs test/wheels/numpy numpy
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "../common/run.mjs";
import { withScratch } from "../common/scratch.mjs";
import { isMain, main, root } from "../house/main.mjs";

async function resolve(requirements) {
  const launcher = join(root, "build", "Release", "inmem-launcher");
  return withScratch("wheels", async (folder) => {
    const report = join(folder, "report.json");
    const words = ["-I", "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"];
    const target = ["--only-binary=:all:", "--target", join(folder, "none"), "--report", report];
    await run(launcher, [...words, ...target, ...requirements]);
    return JSON.parse(readFileSync(report, "utf8")).install;
  });
}

function lineOf({ metadata, download_info }) {
  const hash = download_info.archive_info.hashes.sha256;
  return `${metadata.name.toLowerCase()}==${metadata.version} \\\n    --hash=sha256:${hash}\n`;
}

if (isMain(import.meta.url)) {
  await main(async () => {
    const [folder, ...requirements] = process.argv.slice(2);
    if (!folder || requirements.length === 0) throw new Error("expected FOLDER REQUIREMENT...");
    const lines = (await resolve(requirements)).map(lineOf).sort();
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "requirements.txt");
    rmSync(path, { force: true });
    const words = `node scripts/wheels/lock.mjs ${relative(root, folder)} ${requirements.join(" ")}`;
    writeFileSync(path, `# Made by: ${words}\n${lines.join("")}`);
  });
}

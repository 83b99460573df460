// scripts/prebuild.mjs: `npm pack`'s first step: what the package carries besides dist/, in prebuildify's layout.
//
// prebuilds/<platform>-<arch>/inmem-python.node   found by node-gyp-build, stripped
// prebuilds/<platform>-<arch>/inmem-launcher      sys.executable, beside the addon
// python.json                                     which Python went in, from what
// third-party/                                    the licenses of all that is linked in
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildAddon } from "./build-addon.mjs";
import { buildLib } from "./build-lib.mjs";
import { run } from "./common/run.mjs";
import { collectLicenses } from "./house/licenses.mjs";
import { isMain, main, root, step } from "./house/main.mjs";

const release = join(root, "build", "Release");

/** Builds what must be built and lays it out; gives the folder of the binaries. */
export async function prebuild() {
  const python = await buildAddon();
  await buildLib();
  const dir = join(root, "prebuilds", `${process.platform}-${process.arch}`);
  await step("prebuilds", async () => {
    rmSync(join(root, "prebuilds"), { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    for (const [from, to] of [
      ["inmem.node", "inmem-python.node"],
      ["inmem-launcher", "inmem-launcher"],
    ]) {
      const path = join(dir, to);
      cpSync(join(release, from), path);
      await run(process.env.STRIP || "strip", ["--strip-unneeded", path]);
      chmodSync(path, 0o755);
    }
    cpSync(join(python, "python.json"), join(root, "python.json"));
    collectLicenses(python, join(root, "third-party"));
    checkPacked();
  });
  return dir;
}

// npm packs what is there and says nothing of what is not.
function checkPacked() {
  const {
    files,
    main: door,
    exports,
    bin,
  } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const doors = [
    door,
    ...Object.values(bin),
    ...Object.values(exports["."]).flatMap(Object.values),
  ];
  const wanted = [...files.filter((name) => !name.startsWith("!")), ...doors, "LICENSE"];
  const missing = wanted.filter((name) => !existsSync(join(root, name)));
  if (missing.length > 0)
    throw new Error(`package.json names what is not there: ${missing.join(", ")}`);
}

if (isMain(import.meta.url)) await main(prebuild);

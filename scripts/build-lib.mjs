// scripts/build-lib.mjs: lib/*.ts -> dist/: CommonJS and its types by tsc, the API joined into one file, and the door for `import`.
//
// usage: node scripts/build-lib.mjs
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { withLock } from "./common/cache.mjs";
import { generateErrors } from "./generate-errors.mjs";
import { isMain, main, root, step } from "./house/main.mjs";
import { ensureNodeModules } from "./house/node-modules.mjs";
import { runTool } from "./house/tool.mjs";
import { readWords } from "./house/words.mjs";

const dist = join(root, "dist");
const later = "index-later.js";
const inProcess = "index-process.js";
const bundler = "index-bundle.js";
const trust = "index-trust.js";
const inAudit = "index-audit.js";
const bridge = "index-bridge.js";
const inTypes = "index-types.js";

/** Makes dist/ what lib/ is; takes a moment when nothing changed. */
export async function buildLib() {
  await ensureNodeModules();
  await withLock(join(root, "build", ".locks", "lib"), "the TypeScript build", () =>
    step("TypeScript", async () => {
      generateErrors();
      removeOrphans();
      await tsc("-p", ".");
      copyPython();
      await joinEntry();
      writeEsmDoor();
      const command = join(dist, "cli", "main.js");
      if (existsSync(command)) chmodSync(command, 0o755);
    }),
  );
}

// What `require("inmem-python")` loads is one small file: each file more, and each
// ten kilobytes more of one, cost every start a quarter of a millisecond. What a
// run needs beyond it is a second one, loaded while Python starts (lib/start.ts);
// what a run in a process of its own needs is a third, the bundler a fourth, audit() a fifth, signatures a sixth, start() a seventh, types() an eighth.
// The other files of dist/ are the command line's.
async function joinEntry() {
  const { build } = await import("esbuild");
  const errors = { "errors.js": "index.js" };
  for (const [entry, output, elsewhere] of [
    [
      "index.ts",
      "index.js",
      {
        "later.js": later,
        "bundle.js": bundler,
        "audit/entry.js": inAudit,
        "trust.js": trust,
        "bridge/start.js": bridge,
        "types/types.js": inTypes,
      },
    ],
    // The same classes of errors in each.
    ["later.ts", later, { ...errors, "process-run.js": inProcess, "trust.js": trust }],
    ["process-run.ts", inProcess, { ...errors, "trust.js": trust }],
    ["bundle.ts", bundler, errors],
    ["audit/entry.ts", inAudit, errors],
    ["trust.ts", trust, errors],
    ["bridge/start.ts", bridge, { ...errors, "trust.js": trust }],
    ["types/types.ts", inTypes, errors],
  ]) {
    const { outputFiles } = await build({
      entryPoints: [join(root, "lib", entry)],
      write: false,
      bundle: true,
      platform: "node",
      target: "node20",
      packages: "external",
      plugins: [leaveOut(elsewhere)],
      logLevel: "warning",
    });
    put(output, outputFiles[0].text);
  }
}

// Python scripts of ours run as files, beside the JavaScript that starts them.
function copyPython() {
  for (const folder of [join("bundle", "python"), join("types", "python")]) {
    const from = join(root, "lib", folder);
    const to = join(dist, folder);
    mkdirSync(to, { recursive: true });
    const names = readdirSync(from).filter((name) => name.endsWith(".py"));
    for (const name of readdirSync(to)) if (!names.includes(name)) rmSync(join(to, name));
    for (const name of names) put(join(folder, name), readFileSync(join(from, name), "utf8"));
  }
}

// An esbuild plugin: imports of these files of lib/, from whichever folder, go to those of dist/.
function leaveOut(elsewhere) {
  const onResolve = ({ path, resolveDir }) => {
    const name = relative(join(root, "lib"), resolve(resolveDir, path));
    return name in elsewhere ? { path: `./${elsewhere[name]}`, external: true } : undefined;
  };
  return { name: "leave-out", setup: (build) => build.onResolve({ filter: /^\./ }, onResolve) };
}

/** TypeScript's compiler; its complaints become the error's message. */
export function tsc(...args) {
  const script = join(root, "node_modules", "typescript", "bin", "tsc");
  return runTool(process.execPath, [script, ...args]).catch((error) => {
    throw new Error(`tsc:\n${error.message}`);
  });
}

// tsc leaves the output of a source that is gone; it would be packed.
function removeOrphans() {
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = /^(.*?)(?:\.d\.ts|\.js)$/.exec(name)?.[1];
    if (
      source &&
      ![later, inProcess, bundler, inAudit, trust, bridge, inTypes].includes(name) &&
      !existsSync(join(root, "lib", `${source}.ts`))
    )
      rmSync(join(dist, name));
  }
}

// Written out name by name: what Node's own guess finds in CommonJS exports
// depends on how tsc happens to write them.
function writeEsmDoor() {
  if (!existsSync(join(dist, "index.js"))) return;
  const names = exportedNames().sort();
  put(
    "index.mjs",
    `// dist/index.mjs: the door for \`import\`, made by scripts/build-lib.mjs.
import api from "./index.js";
export const { ${names.join(", ")} } = api;
`,
  );
  put("index.d.mts", `export * from "./index.js";\n`);
}

function exportedNames() {
  const require = createRequire(import.meta.url);
  const path = join(dist, "index.js");
  return Object.keys(require(path)).filter((name) => name !== "default" && name !== "__esModule");
}

// Whole or not at all, and only when it changes: a test may be loading it.
function put(name, text) {
  const path = join(dist, name);
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

if (isMain(import.meta.url)) {
  readWords(import.meta.url, []);
  await main(buildLib);
}

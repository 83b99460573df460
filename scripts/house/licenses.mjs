// scripts/house/licenses.mjs: third-party/: the licenses of everything that is linked into the binaries.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "./main.mjs";

// Compiled in from npm's packages: headers only.
const headers = ["node-addon-api", "node-api-headers"];

/** Writes the texts and a README that lists them. */
export function collectLicenses(python, target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const facts = JSON.parse(readFileSync(join(python, "python.json"), "utf8"));
  const libraries = Array.isArray(facts.libraries)
    ? facts.libraries
    : Object.values(facts.libraries);
  const rows = [facts.python, ...libraries].map((entry) => ({
    name: entry.name,
    version: entry.version ?? "",
    license: entry.license,
    within: entry.bundledWith,
    files: (entry.licenseFiles ?? []).map((file) =>
      copy(join(python, file), target, basename(file)),
    ),
  }));
  for (const name of headers) {
    const dir = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
    const file = ["LICENSE.md", "LICENSE"]
      .map((n) => join(dir, n))
      .find((path) => existsSync(path));
    if (!file) throw new Error(`${name} has no license file`);
    rows.push({ name, version, license, files: [copy(file, target, `${name}-LICENSE`)] });
  }
  writeFileSync(join(target, "README.md"), page(rows));
}

function copy(from, target, name) {
  cpSync(from, join(target, name));
  return name;
}

function page(rows) {
  const lines = rows.map(({ name, version, license, files, within }) => {
    const links = files.map((file) => `[${file}](${file})`).join(" ") || `within ${within}`;
    return `| ${name} | ${version} | ${license} | ${links} |`;
  });
  return `# Third-party software in the binaries

Made by scripts/prebuild.mjs. \`python.json\` tells sources, patches and flags.

| name | version | license | text |
|---|---|---|---|
${lines.join("\n")}

The GNU C++ runtime (libstdc++, libgcc) is linked under the GCC Runtime Library Exception 3.1, which asks for no notice.
`;
}

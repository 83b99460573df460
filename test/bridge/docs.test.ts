// test/bridge/docs.test.ts: each block of code in the bridge's pages, and in the README's part on it, runs as it stands.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { numpyWheel } from "../helpers/numpy.js";
import { packageRoot, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";
import { makeZip } from "../helpers/zip.js";

/** The application of the pages. */
const app = `
def predict(rows): return len(rows)
async def fetch_all(urls): return len(urls)
async def refresh(): pass
async def rows():
    for row in range(3):
        yield row
`;
const service = `
async def app(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": scope["path"].encode()})
`;
const pages = `
def app(environ, start_response):
    start_response("200 OK", [])
    return [environ["SCRIPT_NAME"].encode(), b" ", environ["PATH_INFO"].encode()]
`;

/** Names of the reader's own that blocks use. */
const given = `
import { start as startOfTest } from "inmem-python";
Object.assign(globalThis, { rows: [1, 2], urls: ["a"], show() {}, path: "app.py" });
`;
const started = `const py = await startOfTest({ bundles: "app.pyz" });\n`;
const end = `
if (typeof server !== "undefined") {
  await new Promise((resolve) => server.once("listening", resolve));
  for (const path of ["/items", "/pages/one"]) {
    const response = await fetch(\`http://127.0.0.1:\${server.address().port}\${path}\`);
    console.error(response.status, await response.text());
  }
}
process.exit();
`;

function blocksOf(text: string, language: string): string[] {
  const found = text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"));
  return [...found].map(([, block = ""]) => block);
}

const docs = join(packageRoot, "docs");
const readme = readFileSync(join(packageRoot, "README.md"), "utf8");
const texts: [name: string, text: string][] = readdirSync(docs)
  .filter((name) => /^bridge.*\.md$/.test(name))
  .map((name) => [name, readFileSync(join(docs, name), "utf8")]);
texts.push([
  "README.md",
  readme.slice(readme.indexOf("### Call it"), readme.indexOf("### What you")),
]);

const all = (language: string) =>
  texts.flatMap(([name, text]) => {
    const blocks = blocksOf(text, language);
    return blocks.map((block, i) => [`${name}, ${language} ${i + 1}`, block] as const);
  });

let folder: string;
beforeAll(async () => {
  folder = tmpDir();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(packageRoot, join(folder, "node_modules", "inmem-python"));
  symlinkSync(join(packageRoot, "node_modules", "ws"), join(folder, "node_modules", "ws"));
  const wheel = await numpyWheel();
  cpSync(wheel, join(folder, basename(wheel)));
  cpSync(await wheelBundle(["numpy==2.3.4"], { "app.py": app }), join(folder, "app.pyz"));
  writeFileSync(join(folder, "web.pyz"), makeZip({ "service.py": service, "pages.py": pages }));
  writeFileSync(join(folder, "app.py"), app);
});

async function run(name: string, program: string) {
  const file = join(folder, `${name.replaceAll(/\W+/g, "-")}.mjs`);
  writeFileSync(file, program);
  // The pages show memory that is shared.
  const options = { cwd: folder, env: { INMEM_NO_EXTERNAL_BUFFERS: "0" } };
  const { code, stdout, stderr } = await spawnProcess(process.execPath, [file], options);
  return { code, stdout, stderr };
}

describe("blocks of JavaScript", () => {
  it("are found", () => {
    expect(all("js").length).toBeGreaterThanOrEqual(8);
  });

  it.concurrent.each(all("js"))("%s", async (name, block) => {
    const prelude = block.includes("await start(") ? "" : started;
    const imports = block.includes("import { start }") || block.includes(", start }");
    const start = imports || prelude ? "" : "const start = startOfTest;\n";
    const program = given + start + prelude + block.replace(/listen\(8080/, "listen(0") + end;
    const { code, stdout, stderr } = await run(name, program);
    const served = "200 /items\n200 /pages /one\n";
    const expected = { code: 0, stderr: block.includes("createServer(") ? served : "" };
    expect({ code, stderr }).toEqual(expected);
    // What stands behind console.log() is what is printed.
    const shown = [...block.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
    if (shown.length > 0) expect(stdout.trimEnd().split("\n")).toEqual(shown);
  });
});

describe("blocks of Python", () => {
  it.concurrent.each(all("python"))("%s", async (name, block) => {
    const code = JSON.stringify(`import numpy\n${block}`);
    const program = `${given}${started}py.runPython(${code});\nprocess.exit();\n`;
    expect(await run(name, program)).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

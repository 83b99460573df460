// test/types/runtime.test.ts: what TypeScript takes by the declarations runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { beforeAll, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { packageRoot } from "../helpers/spawn-node.js";
import { makeZip } from "../helpers/zip.js";
import { right } from "./statements.js";

const folder = join(packageRoot, "test", "types", "fixtures", "app");
const source = (name: string) => readFileSync(join(folder, name));
const files = { "app.py": source("app.py"), "models.py": source("models.py") };

type Check = (m: unknown, kwargs: typeof api.kwargs) => Promise<void>;

let app: unknown;

beforeAll(async () => {
  const python = await api.start({ bundles: [makeZip(files)] });
  app = python.pyimport("app");
});

it.each(right)("%s", async (statement) => {
  const program = `export const check = async (m, kwargs) => { ${statement} };`;
  const { code } = transformSync(program, { loader: "ts", target: "node20", format: "cjs" });
  const module = { exports: {} as { check: Check } };
  new Function("module", "exports", code)(module, module.exports);
  await expect(module.exports.check(app, api.kwargs)).resolves.toBeUndefined();
});

// test/wheels/mysqlclient/setup.mjs: the wheel that PyPI does not have: built here, with libmariadb put into its .libs by auditwheel.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../scripts/common/run.mjs";
import { mysqlclientPackages } from "../../../scripts/house/packages.mjs";
import { startDatabase } from "../../helpers/servers/mariadb.mjs";

export const packages = mysqlclientPackages;

export async function build({ dir, folder, scratch, python }) {
  const bin = join(scratch, "venv", "bin");
  await run(python, ["-m", "venv", join(scratch, "venv")]);
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const pip = (verb, ...args) => {
    const quiet = ["--quiet", "--disable-pip-version-check", "--no-input"];
    return run(join(bin, "pip"), [verb, ...quiet, "--no-deps", "--require-hashes", ...args], {
      env,
    });
  };
  await pip("install", "--only-binary=:all:", "--requirement", join(dir, "tools.txt"));
  // No cache: a wheel that was built against other headers would come out of it.
  const source = ["--no-cache-dir", "--no-binary=:all:", "--requirement", join(dir, "source.txt")];
  await pip("wheel", "--no-build-isolation", "--wheel-dir", scratch, ...source);
  const wheel = readdirSync(scratch).find((name) => name.endsWith(".whl"));
  const repair = ["repair", "--wheel-dir", folder, join(scratch, wheel)];
  await run(join(bin, "auditwheel"), repair, { env });
}

export const start = () => startDatabase();

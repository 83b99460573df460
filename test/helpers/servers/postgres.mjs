// test/helpers/servers/postgres.mjs: Debian's PostgreSQL with a cluster of a test's own, TLS and passwords.
import { appendFileSync, chmodSync, copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../scripts/common/run.mjs";
import { ensureSystemPackages } from "../../../scripts/common/system-packages.mjs";
import { postgresPackages } from "../../../scripts/house/packages.mjs";
import { freePort, startServer } from "./process.mjs";
import { serverFolder, serverUser } from "./user.mjs";

const programs = "/usr/lib/postgresql";

/**
 * Starts a server that takes TLS connections with password alone.
 * @param {{ key: string, certificate: string }} tls
 */
export async function startPostgres(tls) {
  await ensureSystemPackages(postgresPackages);
  const version = readdirSync(programs).sort((a, b) => Number(b) - Number(a))[0];
  const program = (name) => join(programs, version, "bin", name);
  const user = serverUser("postgres");
  const folder = serverFolder("postgres");
  const home = folder.path;
  const data = join(home, "data");
  writeFileSync(join(home, "password"), "secret of the test\n");
  copyFileSync(tls.key, join(home, "server.key"));
  copyFileSync(tls.certificate, join(home, "server.crt"));
  chmodSync(join(home, "server.key"), 0o600);
  for (const name of ["", "password", "server.key", "server.crt"]) user.own(join(home, name));

  const login = ["--username=tester", `--pwfile=${join(home, "password")}`];
  const words = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"];
  const initdb = user.command(program("initdb"), ["-D", data, ...login, ...words]);
  await run(initdb.command, initdb.args, { cwd: "/" });
  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: home,
    ssl: "on",
    ssl_key_file: join(home, "server.key"),
    ssl_cert_file: join(home, "server.crt"),
    fsync: "off",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  appendFileSync(join(data, "postgresql.conf"), `${lines.join("\n")}\n`);
  writeFileSync(join(data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n");
  const start = user.command(program("postgres"), ["-D", data]);
  // SIGINT: the fast shutdown, which does not wait for clients.
  const server = await startServer(start.command, start.args, {
    cwd: "/",
    signal: "SIGINT",
    ready: (output) => output.includes("ready to accept connections"),
    after: folder.remove,
  });
  return { host: "localhost", port, user: "tester", password: "secret of the test", ...server };
}

// test/helpers/servers/mariadb.mjs: Debian's MariaDB with a data folder of a test's own, TLS and a password.
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../scripts/common/run.mjs";
import { ensureSystemPackages } from "../../../scripts/common/system-packages.mjs";
import { mariadbPackages } from "../../../scripts/house/packages.mjs";
import { makeAuthority } from "./authority.mjs";
import { freePort, startServer } from "./process.mjs";
import { serverFolder, serverUser } from "./user.mjs";

/**
 * Starts a server that is reached by TCP and by a socket file.
 * @param {{ ca: string, key: string, certificate: string }} tls
 */
export async function startMariadb(tls) {
  await ensureSystemPackages(mariadbPackages);
  const user = serverUser("mysql");
  const folder = serverFolder("mariadb");
  const home = folder.path;
  const file = (name) => join(home, name);
  copyFileSync(tls.ca, file("ca.crt"));
  copyFileSync(tls.key, file("server.key"));
  copyFileSync(tls.certificate, file("server.crt"));
  chmodSync(file("server.key"), 0o600);
  const password = "secret of the test";
  // Run by the server at its start: no client program is needed for it.
  const statements = [
    "CREATE DATABASE wheels CHARACTER SET utf8mb4;",
    `CREATE USER 'tester'@'%' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON wheels.* TO 'tester'@'%';",
  ];
  writeFileSync(file("init.sql"), `${statements.join("\n")}\n`);
  for (const name of ["", "ca.crt", "server.key", "server.crt", "init.sql"]) user.own(file(name));

  const data = `--datadir=${file("data")}`;
  const words = ["--auth-root-authentication-method=normal", "--skip-test-db"];
  const install = user.command("mariadb-install-db", ["--no-defaults", data, ...words]);
  await run(install.command, install.args, { cwd: "/" });
  const port = await freePort();
  const settings = {
    port,
    // The second has no certificate: it is there to be refused.
    "bind-address": "127.0.0.1,127.0.0.2",
    socket: file("socket"),
    "pid-file": file("pid"),
    "init-file": file("init.sql"),
    "ssl-ca": file("ca.crt"),
    "ssl-key": file("server.key"),
    "ssl-cert": file("server.crt"),
    tmpdir: home,
  };
  const options = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const start = user.command("/usr/sbin/mariadbd", ["--no-defaults", data, ...options]);
  const server = await startServer(start.command, start.args, {
    cwd: "/",
    ready: (output) => output.includes("ready for connections"),
    after: folder.remove,
  });
  return { host: "localhost", port, socket: file("socket"), user: "tester", password, ...server };
}

/** The server with its authority, and what a program of the matrix has to know of them. */
export async function startDatabase() {
  const authority = await makeAuthority();
  const server = await startMariadb(authority);
  return {
    env: {
      TEST_CA: authority.ca,
      TEST_STRANGER: authority.stranger,
      TEST_MYSQL_PORT: String(server.port),
      TEST_MYSQL_SOCKET: server.socket,
      TEST_MYSQL_USER: server.user,
      TEST_MYSQL_PASSWORD: server.password,
    },
    async stop() {
      await server.stop();
      authority.remove();
    },
  };
}

// test/helpers/servers/socks.mjs: microsocks, a small SOCKS5 server, with a user name and a password.

import { connect } from "node:net";
import { ensureSystemPackages } from "../../../scripts/common/system-packages.mjs";
import { socksPackages } from "../../../scripts/house/packages.mjs";
import { freePort, startServer } from "./process.mjs";

/** Starts the proxy; its output tells each connection that it made. */
export async function startSocks() {
  await ensureSystemPackages(socksPackages);
  const port = await freePort();
  const login = { user: "tester", password: "pass-word" };
  const words = ["-i", "127.0.0.1", "-p", String(port), "-u", login.user, "-P", login.password];
  // It says nothing when it is ready.
  const server = await startServer("microsocks", words, { ready: () => answers(port) });
  return { host: "127.0.0.1", port, ...login, ...server };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.end());
  });
}

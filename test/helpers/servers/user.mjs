// test/helpers/servers/user.mjs: database servers refuse to run as root; a root test starts them as a user of theirs.
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Who a server runs as: `name` where this process is root and that user exists, "nobody" where it does not, and
 * the caller where it is not root.
 * @param {string} name
 */
export function serverUser(name) {
  if (process.getuid() !== 0) {
    return { own: () => {}, command: (command, args) => ({ command, args }) };
  }
  const [, , uid, gid] = passwdEntry(name) ?? passwdEntry("nobody");
  return {
    /** Hands a file over. */
    own: (path) => chownSync(path, Number(uid), Number(gid)),
    /** The command, changed so that it runs as that user; the process is the program's own, so signals reach it. */
    command: (command, args) => ({
      command: "setpriv",
      args: [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", command, ...args],
    }),
  };
}

/**
 * A folder in the system's temporary one, which any user can reach; the paths of sockets in it are short.
 * @param {string} name
 */
export function serverFolder(name) {
  const path = mkdtempSync(join(tmpdir(), `inmem-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function passwdEntry(name) {
  try {
    return execFileSync("getent", ["passwd", name], { encoding: "utf8" }).trim().split(":");
  } catch {
    return undefined;
  }
}

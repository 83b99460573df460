// test/import/certificate-layouts.test.ts: ssl finds the certificates where each distribution keeps them.
import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

// A mount namespace of its own, with an empty /etc: the machine's stays as it is.
const unshare = ["unshare", "--map-root-user", "--mount"];
const allowed = spawnSync("unshare", [...unshare.slice(1), "true"]).status === 0;

const program = `
import json, ssl
context = ssl.create_default_context()
paths = ssl.get_default_verify_paths()
print(json.dumps([context.cert_store_stats()["x509_ca"] > 0, paths.openssl_cafile, paths.openssl_capath]))
`;

/** What the program says where /etc holds nothing but what \`layout\` makes. */
function certificatesWith(layout: string): [boolean, string, string] {
  const run = `require(${JSON.stringify(packageRoot)}).run(${JSON.stringify(zipFile({ "__main__.py": program }))})`;
  const script = `
    set -e
    cp /etc/ssl/certs/ca-certificates.crt "$PEM"
    mount -t tmpfs none /etc
    ${layout}
    exec "$NODE" -e '${run}'`;
  const pem = zipFile({}).replace(/[^/]*$/, "ca.pem");
  // No SSL_CERT_FILE or SSL_CERT_DIR: those come before any layout.
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE: process.execPath, PEM: pem };
  const [command = "", ...args] = unshare;
  return JSON.parse(String(execFileSync(command, [...args, "sh", "-c", script], { env })));
}

// Skipped where user namespaces are forbidden to an unprivileged user: nothing can be laid out.
describe.runIf(allowed)("ssl.create_default_context() finds the certificates of", () => {
  test("Alpine: /etc/ssl/cert.pem", () => {
    const found = certificatesWith(`mkdir -p /etc/ssl/certs; cp "$PEM" /etc/ssl/cert.pem`);
    expect(found).toEqual([true, "/etc/ssl/cert.pem", "/etc/ssl/certs"]);
  });

  test("Red Hat: /etc/pki/tls/cert.pem", () => {
    const found = certificatesWith(`mkdir -p /etc/pki/tls/certs; cp "$PEM" /etc/pki/tls/cert.pem`);
    expect(found).toEqual([true, "/etc/pki/tls/cert.pem", "/etc/pki/tls/certs"]);
  });

  test("SUSE: /etc/ssl/ca-bundle.pem", () => {
    const found = certificatesWith(`mkdir -p /etc/ssl/certs; cp "$PEM" /etc/ssl/ca-bundle.pem`);
    expect(found).toEqual([true, "/etc/ssl/ca-bundle.pem", "/etc/ssl/certs"]);
  });

  test("Node, where the system has none", () => {
    expect(certificatesWith("true")[0]).toBe(true);
  });
});

// test/helpers/servers/authority.mjs: a certificate authority of a test's own, made by openssl, and a server certificate of it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../scripts/common/run.mjs";
import { ensureSystemPackages } from "../../../scripts/common/system-packages.mjs";
import { opensslPackages } from "../../../scripts/house/packages.mjs";
import { serverFolder } from "./user.mjs";

/**
 * Makes files in a temporary folder: the authority's certificate, and key and certificate of "localhost", 127.0.0.1;
 * `client` is a client's certificate with its key, in one file; `stranger` is the certificate of an authority that
 * signed nothing, and `strangerClient` a certificate with key that it gave to itself.
 */
export async function makeAuthority() {
  await ensureSystemPackages(opensslPackages);
  const folder = serverFolder("authority");
  const dir = folder.path;
  const file = (name) => join(dir, name);
  const openssl = (...words) => run("openssl", words, { cwd: dir });
  // Keys of a size that gives one length of certificate each time; P-256 is quick.
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  for (const name of ["ca", "stranger"]) {
    const subject = ["-subj", `/O=inmem-python tests/CN=${name}`];
    const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    const out = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
    await openssl("req", "-x509", "-days", "30", ...key, ...subject, ...usage, ...out);
  }
  await openssl("req", ...key, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "csr");
  const extensions = [
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "basicConstraints=CA:FALSE",
    "keyUsage=digitalSignature",
    "extendedKeyUsage=serverAuth",
    "authorityKeyIdentifier=keyid",
  ];
  writeFileSync(file("extensions"), `${extensions.join("\n")}\n`);
  const sign = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30"];
  const what = ["-in", "csr", "-extfile", "extensions", "-out", "server.crt"];
  await openssl("x509", "-req", ...sign, ...what);
  const own = ["-subj", "/CN=a client", "-keyout", "client.key", "-out", "client.csr"];
  await openssl("req", ...key, ...own);
  await openssl("x509", "-req", ...sign, "-in", "client.csr", "-out", "client.crt");
  const withKey = (name) => {
    const text = ["key", "crt"].map((end) => readFileSync(file(`${name}.${end}`), "utf8"));
    writeFileSync(file(`${name}.pem`), text.join(""));
    return file(`${name}.pem`);
  };
  return {
    client: withKey("client"),
    strangerClient: withKey("stranger"),
    ca: file("ca.crt"),
    stranger: file("stranger.crt"),
    key: file("server.key"),
    certificate: file("server.crt"),
    remove: folder.remove,
  };
}

// test/bundle/private-index.test.ts: an index behind TLS with client certificates, a proxy and a password, as companies have them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BundleInputs } from "../../lib/bundle/options.js";
import { makeAuthority } from "../helpers/servers/authority.mjs";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { type IndexOptions, startIndex, writeTrueWheel } from "./package-index.js";
import { startProxy } from "./proxy.js";
import { dist } from "./support.js";

let authority: Awaited<ReturnType<typeof makeAuthority>>;

beforeAll(async () => {
  authority = await makeAuthority();
});
afterAll(() => authority.remove());

// What this machine has set is not for these.
beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^PIP_|_proxy$|^(SSL_CERT_|REQUESTS_CA_|CURL_CA_)/i.test(name)) vi.stubEnv(name, undefined);
  }
  vi.stubEnv("PIP_CONFIG_FILE", "/dev/null");
  vi.stubEnv("PIP_NO_CACHE_DIR", "1");
  vi.stubEnv("PIP_RETRIES", "0");
  vi.stubEnv("HOME", tmpDir());
  return () => vi.unstubAllEnvs();
});

async function privateIndex(options: IndexOptions = {}) {
  const folder = tmpDir();
  await writeTrueWheel(folder, { name: "secret" });
  return startIndex(folder, options);
}

function tlsIndex(options: IndexOptions = {}) {
  const { ca, key, certificate } = authority;
  const [read, cert] = [(path: string) => readFileSync(path), readFileSync(certificate)];
  const client = { ca: read(ca), requestCert: true, rejectUnauthorized: true };
  return privateIndex({ ...options, tls: { key: read(key), cert, ...client } });
}

async function wheels(inputs: BundleInputs): Promise<string[]> {
  const output = join(tmpDir(), "out.pyz");
  const made = await dist.bundle().bundle({ requirements: ["secret"], ...inputs, output });
  return made.wheels.map(({ name, version }) => `${name} ${version}`);
}

const refused = (inputs: BundleInputs) =>
  expect(wheels(inputs)).rejects.toMatchObject({ code: "ERR_INMEM_INDEX" });

describe("an index that wants a client certificate", () => {
  it("gets it from the options", async () => {
    const { url: indexUrl } = await tlsIndex();
    const { ca: cert, client: clientCert } = authority;
    await refused({ indexUrl, cert });
    await refused({ indexUrl, cert, clientCert: authority.strangerClient });
    await refused({ indexUrl, cert: authority.stranger, clientCert });
    expect(await wheels({ indexUrl, cert, clientCert })).toEqual(["secret 1.0"]);
    await expect(wheels({ indexUrl, cert, clientCert: "gone.pem" })).rejects.toMatchObject({
      code: "ERR_INMEM_CONFIG",
      message: expect.stringContaining("gone.pem"),
    });
  });

  it("gets it from pip's own settings, with the password of a netrc", async () => {
    const login = { user: "me", password: "pass" };
    const { url } = await tlsIndex({ login });
    vi.stubEnv("PIP_INDEX_URL", url);
    vi.stubEnv("PIP_CERT", authority.ca);
    vi.stubEnv("PIP_CLIENT_CERT", authority.client);
    await refused({});
    const netrc = join(tmpDir(), "netrc");
    writeFileSync(netrc, "machine localhost login me password pass\n", { mode: 0o600 });
    vi.stubEnv("NETRC", netrc);
    expect(await wheels({})).toEqual(["secret 1.0"]);
  });
});

describe("a proxy", () => {
  it("is gone through to an index that is known to it alone", async () => {
    const { port, asked } = await privateIndex();
    const proxy = await startProxy(port, "user:secret");
    vi.stubEnv("PIP_TRUSTED_HOST", "index.test");
    const indexUrl = "http://index.test/simple/";
    await refused({ indexUrl, proxy: proxy.url.replace("secret", "wrong") });
    expect(asked).toEqual([]);
    expect(await wheels({ indexUrl, proxy: proxy.url })).toEqual(["secret 1.0"]);
    expect(proxy.asked[0]).toBe("GET http://index.test/simple/secret/");
    vi.stubEnv("http_proxy", proxy.url);
    expect(await wheels({ indexUrl })).toEqual(["secret 1.0"]);
  });

  it("tunnels TLS, where the index sees the client's certificate", async () => {
    const { port } = await tlsIndex();
    const proxy = await startProxy(port, "user:secret");
    const words = ["bundle", "secret", "--index-url", `https://localhost:${port}/simple/`];
    const access = ["--cert", authority.ca, "--client-cert", authority.client];
    const output = ["-o", join(tmpDir(), "out.pyz")];
    const made = await spawnCommand([...words, ...access, "--proxy", proxy.url, ...output]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("secret 1.0") });
    expect(proxy.asked).toContain(`CONNECT localhost:${port}`);
  });
});

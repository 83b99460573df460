// test/import/certificates.test.ts: ssl.create_default_context() has certificates: the system's, else Node's.
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { type SpawnOptions, spawnNode } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const count = py`
  import json, os, ssl
  c = ssl.create_default_context()
  paths = ssl.get_default_verify_paths()
  loaded = c.cert_store_stats()["x509_ca"]
  in_folder = len(os.listdir(paths.capath)) if paths.capath and os.path.isdir(paths.capath) else 0
  print(json.dumps([loaded, in_folder, paths.cafile]))
`;

async function counted(options: SpawnOptions = {}): Promise<[number, number, string | null]> {
  const source = `require("inmem-python").run(process.argv[2]);`;
  const { stdout, stderr } = await spawnNode(source, {
    args: [zipFile({ "__main__.py": count })],
    ...options,
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("ssl.create_default_context()", () => {
  it("has certificates on this system", async () => {
    const [loaded, inFolder] = await counted();
    expect(loaded + inFolder).toBeGreaterThan(10);
  });

  it("takes Node's where SSL_CERT_FILE and SSL_CERT_DIR point to nothing", async () => {
    const env = { SSL_CERT_FILE: "/nowhere.pem", SSL_CERT_DIR: "/nowhere" };
    const [loaded] = await counted({ env });
    expect(loaded).toBe(new Set(rootCertificates).size);
  });

  it("takes Node's where the folder is empty", async () => {
    const env = { SSL_CERT_FILE: "/nowhere.pem", SSL_CERT_DIR: tmpDir() };
    const [loaded] = await counted({ env });
    expect(loaded).toBeGreaterThan(100);
  });

  it("takes SSL_CERT_FILE where it is there", async () => {
    const pem = rootCertificates[0] ?? "";
    const { tmpFile } = await import("../helpers/tmp.js");
    const file = tmpFile("one.pem", pem);
    const [loaded, , cafile] = await counted({
      env: { SSL_CERT_FILE: file, SSL_CERT_DIR: "/nowhere" },
    });
    expect([loaded, cafile]).toEqual([1, file]);
  });
});

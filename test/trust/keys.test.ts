// test/trust/keys.test.ts: keys are made, read and refused as they should be.
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import {
  keygen,
  keyId,
  privateKeyOf,
  publicKeyOf,
  spellVerification,
} from "../../lib/trust/keys.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";

const refusal = (what: () => unknown): string => {
  try {
    what();
    return "";
  } catch (error) {
    return (error as { code?: string }).code ?? (error as Error).name;
  }
};

describe("keygen", () => {
  it("writes a pair of PEM files, the private one for its owner alone", () => {
    const path = join(tmpDir(), "release");
    const { privateKey, publicKey, id } = keygen(path);
    expect([privateKey, publicKey]).toEqual([path, `${path}.pub`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(readFileSync(publicKey, "utf8")).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    expect(id).toBe(keyId(publicKeyOf(publicKey)));
    expect(id).toMatch(/^[0-9a-f]{64}$/);
  });

  it("makes another pair each time", () => {
    const folder = tmpDir();
    expect(keygen(join(folder, "a")).id).not.toBe(keygen(join(folder, "b")).id);
  });

  it("overwrites nothing, and leaves no half a pair", () => {
    const path = join(tmpDir(), "key");
    writeFileSync(`${path}.pub`, "precious");
    expect(refusal(() => keygen(path))).toBe("ERR_INMEM_KEY");
    expect(readFileSync(`${path}.pub`, "utf8")).toBe("precious");
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, "precious");
    expect(refusal(() => keygen(path))).toBe("ERR_INMEM_KEY");
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect(refusal(() => keygen(join(path, "below")))).toBe("ERR_INMEM_OUTPUT");
    expect(refusal(() => keygen(""))).toBe("TypeError");
  });
});

describe("keys", () => {
  const path = join(tmpDir(), "key");
  keygen(path);
  const id = keyId(publicKeyOf(`${path}.pub`));

  it("are a path, a URL, PEM text or a KeyObject", () => {
    const pem = readFileSync(`${path}.pub`, "utf8");
    for (const key of [pem, pathToFileURL(`${path}.pub`), publicKeyOf(pem)]) {
      expect(keyId(publicKeyOf(key))).toBe(id);
    }
    const secret = readFileSync(path, "utf8");
    for (const key of [path, secret, pathToFileURL(path), createPrivateKey(secret)]) {
      expect(privateKeyOf(key).type).toBe("private");
    }
    expect(spellVerification(pem, false)).toMatch(/^[0-9a-f]{64}$/);
    expect(spellVerification(pem, true)).toMatch(/^[0-9a-f]{64}:full$/);
    // As keygen() writes it, node:crypto is not asked; it says the same.
    const asked = spellVerification(publicKeyOf(pem), false);
    const spellings = [`${path}.pub`, pem, pem.replaceAll("\n", "\r\n"), `a note\n${pem}`];
    for (const spelling of spellings) {
      const key = spelling.startsWith("a note") ? tmpFile("noted.pub", spelling) : spelling;
      expect(spellVerification(key, false)).toBe(asked);
    }
  });

  it("of another kind are refused", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const other = generateKeyPairSync("x25519");
    const encrypted = generateKeyPairSync("ed25519").privateKey.export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "secret",
    });
    for (const key of [
      path, // the private one: not for verifying, nor for handing about
      tmpFile("empty", ""),
      tmpFile("text", "no key\n"),
      tmpFile("cut", readFileSync(`${path}.pub`, "utf8").slice(0, 60)),
      join(tmpDir(), "missing"),
      tmpDir(),
      rsa.publicKey,
      other.publicKey,
      createPrivateKey(readFileSync(path)),
    ]) {
      expect(refusal(() => publicKeyOf(key))).toBe("ERR_INMEM_KEY");
    }
    for (const key of [`${path}.pub`, rsa.privateKey, tmpFile("encrypted", encrypted)]) {
      expect(refusal(() => privateKeyOf(key))).toBe("ERR_INMEM_KEY");
    }
    for (const key of [undefined, 1, "", Buffer.from("x"), {}]) {
      expect(refusal(() => publicKeyOf(key as string))).toBe("TypeError");
    }
  });
});

// lib/trust/keys.ts: Ed25519 keys in PEM files: made, read, and spelled for native.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  KeyObject,
} from "node:crypto";
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { InmemError } from "../errors.js";
import { notWritable } from "../file-failure.js";
import { type VerifyKey, wrongType } from "../options.js";

/** PEM text, a KeyObject, or the path or file: URL of a PEM file. */
export type SignKey = string | URL | KeyObject;

export interface KeyPair {
  /** Path of the private key, readable by its owner alone. */
  readonly privateKey: string;
  /** Path of the public key. */
  readonly publicKey: string;
  /** SHA-256 of the public key, hexadecimal: names it in signatures. */
  readonly id: string;
}

const PEM = "-----BEGIN ";
const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/**
 * Makes a pair of keys and writes them to `path` and `path.pub`; nothing is overwritten.
 * @throws {InmemError} ERR_INMEM_KEY: a file is there already; ERR_INMEM_OUTPUT.
 * @throws {TypeError} anything but a path.
 */
export function keygen(path: string): KeyPair {
  if (typeof path !== "string" || path === "") throw wrongType("path", "a path", path);
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const publicPath = `${path}.pub`;
  writeNew(path, privateKey.export({ type: "pkcs8", format: "pem" }), PRIVATE_MODE);
  try {
    writeNew(publicPath, publicKey.export({ type: "spki", format: "pem" }), PUBLIC_MODE);
  } catch (error) {
    unlinkSync(path); // half a pair would keep the next try from working
    throw error;
  }
  return { privateKey: path, publicKey: publicPath, id: keyId(publicKey) };
}

function writeNew(path: string, text: string | Buffer, mode: number): void {
  try {
    const file = openSync(path, "wx", mode);
    try {
      writeSync(file, text.toString());
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw notWritable(path, cause);
    const message = `${path}: exists already (expected a new file: a key is never overwritten)`;
    throw new InmemError("ERR_INMEM_KEY", message, { cause });
  }
}

/**
 * The public key for a verification.
 * @throws {InmemError} ERR_INMEM_KEY.
 * @throws {TypeError} anything but a path, a file: URL, PEM text or a KeyObject.
 */
export function publicKeyOf(key: VerifyKey): KeyObject {
  return readKey("verify", "public", key);
}

/**
 * The private key for a signature.
 * @throws {InmemError} ERR_INMEM_KEY.
 * @throws {TypeError} anything but a path, a file: URL, PEM text or a KeyObject.
 */
export function privateKeyOf(key: SignKey): KeyObject {
  return readKey("key", "private", key);
}

/** SHA-256 of the 32 bytes of the public key, hexadecimal. */
export function keyId(publicKey: KeyObject): string {
  return createHash("sha256").update(rawPublicKey(publicKey)).digest("hex");
}

/**
 * `verify` and `verifyFull` as native has them (INMEM_VERIFY).
 * @throws {InmemError} ERR_INMEM_KEY.
 * @throws {TypeError} as publicKeyOf().
 */
export function spellVerification(key: VerifyKey, full: boolean): string {
  const raw = plainPublicKey(key) ?? rawPublicKey(publicKeyOf(key));
  return `${raw.toString("hex")}${full ? ":full" : ""}`;
}

/** RFC 8410: what an Ed25519 public key in SPKI form begins with. */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const PLAIN_PEM =
  /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/]{59}=)\r?\n-----END PUBLIC KEY-----\s*$/;

// A file as keygen() writes it, read without node:crypto, whose start costs a run more than its own
// check of the key: what the key is worth, the signature tells. Whatever is not so, node:crypto judges.
function plainPublicKey(key: VerifyKey): Buffer | undefined {
  if (typeof key !== "string" || key === "") return undefined;
  try {
    const text = key.startsWith(PEM) ? key : readFileSync(key, "latin1");
    const der = Buffer.from(PLAIN_PEM.exec(text)?.[1] ?? "", "base64");
    const head = der.subarray(0, SPKI_HEAD.length);
    if (der.length !== SPKI_HEAD.length + 32 || !head.equals(SPKI_HEAD)) return undefined;
    return der.subarray(SPKI_HEAD.length);
  } catch {
    return undefined;
  }
}

function rawPublicKey(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: "jwk" }).x as string, "base64url");
}

function readKey(name: string, wanted: "public" | "private", key: unknown): KeyObject {
  if (key instanceof KeyObject) return checkKind("the key", wanted, key);
  if (key instanceof URL) return fromFile(wanted, fileURLToPath(key));
  if (typeof key !== "string" || key === "") {
    throw wrongType(name, "a path, a file: URL, PEM text or a KeyObject", key);
  }
  if (key.startsWith(PEM)) return fromPem("the key", wanted, key);
  return fromFile(wanted, key);
}

function fromFile(wanted: "public" | "private", path: string): KeyObject {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (cause) {
    const message = `${path}: cannot be read: ${(cause as Error).message} (expected a ${wanted} key)`;
    throw new InmemError("ERR_INMEM_KEY", message, { cause });
  }
  return fromPem(path, wanted, pem);
}

function fromPem(origin: string, wanted: "public" | "private", pem: string): KeyObject {
  // createPublicKey() would take a private key too: the wrong file, which should not be handed about.
  const isPrivate = /^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(pem);
  if (isPrivate !== (wanted === "private")) {
    const found = isPrivate ? "a private key" : pem.includes(PEM) ? "no private key" : "no PEM";
    throw badKey(origin, found, wanted);
  }
  try {
    return checkKind(origin, wanted, (isPrivate ? createPrivateKey : createPublicKey)(pem));
  } catch (cause) {
    if (cause instanceof InmemError) throw cause;
    throw badKey(origin, `no key that can be read (${(cause as Error).message})`, wanted, cause);
  }
}

function checkKind(origin: string, wanted: "public" | "private", key: KeyObject): KeyObject {
  if (key.type === wanted && key.asymmetricKeyType === "ed25519") return key;
  throw badKey(origin, `a ${key.type} ${key.asymmetricKeyType ?? ""} key`, wanted);
}

function badKey(origin: string, found: string, wanted: string, cause?: unknown): InmemError {
  const hint = wanted === "public" ? ", PATH.pub of inmem-python keygen" : "";
  const message = `${origin}: ${found} (expected an Ed25519 ${wanted} key in PEM form${hint})`;
  return new InmemError("ERR_INMEM_KEY", message, { cause });
}

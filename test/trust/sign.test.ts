// test/trust/sign.test.ts: keygen, sign and verify, as functions and as commands.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Schema, Validator } from "@cfworker/json-schema";
import { beforeAll, describe, expect, it } from "vitest";
import { contentOf, has, readRawEntries } from "../bundle/support.js";
import { api } from "../helpers/python.js";
import { packageRoot, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";
import { bend, codeOf, type Keys, makeKeys, signedBundle, writeBundle } from "./support.js";

const CONTENTS = {
  "__main__.py": "import pkg; print('ran', pkg.x)\n",
  "pkg/__init__.py": "x = 1\n",
  "pkg/data.txt": "text ".repeat(1000),
  "pkg/d\u00e4ta \u{1f40d}.txt": "",
};

const schema: Schema = JSON.parse(
  readFileSync(join(packageRoot, "schema", "bundle-manifest.schema.json"), "utf8"),
).properties.layout;

let keys: Keys;
let signed: string;
beforeAll(async () => {
  keys = makeKeys();
  signed = await signedBundle(CONTENTS, keys);
});

describe("sign", () => {
  it("adds a layout and a signature, and leaves the contents where they are", async () => {
    const plain = readRawEntries(await writeBundle(CONTENTS));
    const entries = readRawEntries(signed);
    expect(entries.map(({ name }) => name)).toEqual([
      ...Object.keys(CONTENTS),
      "inmem.json",
      "inmem.sig",
    ]);
    expect(entries.slice(0, 4)).toEqual(plain.slice(0, 4));
    const manifest = JSON.parse(contentOf(entries, "inmem.json").toString());
    expect(Object.keys(manifest).at(-1)).toBe("layout");
    expect(new Validator(schema, "2020-12").validate(manifest.layout).valid).toBe(true);
    if (has("unzip")) execFileSync("unzip", ["-tqq", signed]);
    expect(await api.verify(signed, keys.public)).toMatchObject({ entries: 4 });
    expect(await api.verify(readFileSync(signed), keys.public)).toMatchObject({ entries: 4 });
  });

  it("gives the same bytes for the same bundle and key; signing again, too", async () => {
    const again = await signedBundle(CONTENTS, keys);
    expect(readFileSync(again).equals(readFileSync(signed))).toBe(true);
    await api.sign(again, { key: keys.private });
    expect(readFileSync(again).equals(readFileSync(signed))).toBe(true);
    const other = makeKeys();
    await api.sign(again, { key: other.private });
    expect(await codeOf(api.verify(again, keys.public))).toBe("ERR_INMEM_BAD_SIGNATURE");
    expect(await codeOf(api.verify(again, other.public))).toBe("");
  });

  it("keeps the #! line and the mode, and covers both offsets' conventions", async () => {
    const line = Buffer.from("#!/usr/bin/env -S inmem-python run\n");
    const path = bend(await writeBundle(CONTENTS), (bytes) => Buffer.concat([line, bytes]));
    chmodSync(path, 0o755);
    await api.sign(path, { key: keys.private });
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(readFileSync(path).subarray(0, line.length)).toEqual(line);
    expect(await codeOf(api.verify(path, keys.public))).toBe("");
    const other = bend(path, (bytes) => Buffer.concat([Buffer.from("#!/bin/sh\n"), bytes]));
    expect(await codeOf(api.verify(other, keys.public))).toBe("ERR_INMEM_NOT_AS_SIGNED");
    const changed = bend(path, (bytes) => {
      bytes[4] = 0x58;
      return bytes;
    });
    expect(await codeOf(api.verify(changed, keys.public))).toBe("ERR_INMEM_NOT_AS_SIGNED");
  });

  it("writes elsewhere where it is told to, and leaves nothing behind when it fails", async () => {
    const path = await writeBundle(CONTENTS);
    const before = readFileSync(path);
    const output = join(tmpDir(), "signed.pyz");
    expect(await api.sign(path, { key: keys.private, output })).toMatchObject({
      output,
      entries: 4,
    });
    expect(readFileSync(path).equals(before)).toBe(true);
    // A content that is not what its manifest says is not signed.
    const spoiled = bend(path, (bytes) => {
      bytes[bytes.indexOf("import pkg")] = 0x49;
      return bytes;
    });
    const bytes = readFileSync(spoiled);
    expect(await codeOf(api.sign(spoiled, { key: keys.private }))).toBe("ERR_INMEM_BAD_DIGEST");
    expect(readFileSync(spoiled).equals(bytes)).toBe(true);
    expect(readdirSync(dirname(spoiled))).toEqual(["bent.pyz"]);
  });

  it("refuses what is no bundle, and wrong arguments", async () => {
    const key = keys.private;
    expect(await codeOf(api.sign(zipFile({ "a.py": "" }), { key }))).toBe("ERR_INMEM_UNSIGNED");
    expect(await codeOf(api.sign(join(tmpDir(), "no.pyz"), { key }))).toBe("ERR_INMEM_NOT_FOUND");
    expect(await codeOf(api.sign(signed, { key: keys.public }))).toBe("ERR_INMEM_KEY");
    for (const manifest of ["{", "[]", "{}", '{"entries": {}}']) {
      const path = zipFile({ "a.py": "", "inmem.json": manifest });
      expect(await codeOf(api.sign(path, { key }))).toMatch(/BAD_MANIFEST|NOT_AS_SIGNED/);
    }
    await expect(api.sign(1 as never, { key })).rejects.toThrow(TypeError);
    await expect(api.sign(signed, undefined as never)).rejects.toThrow(TypeError);
    await expect(api.sign(signed, { key, out: "x.pyz" } as never)).rejects.toThrow(
      new TypeError("unknown option out (expected key, output; did you mean output?)"),
    );
    await expect(api.sign(signed, { key, output: 1 } as never)).rejects.toThrow(TypeError);
    await expect(api.verify(signed, 1 as never)).rejects.toThrow(TypeError);
    expect(await codeOf(api.verify(zipFile({ "a.py": "" }), keys.public))).toBe(
      "ERR_INMEM_UNSIGNED",
    );
    expect(await codeOf(api.verify(new Uint8Array(), keys.public))).toBe("ERR_INMEM_NOT_ZIP");
  });
});

describe("the commands", () => {
  it("keygen, sign, verify and run --verify", async () => {
    const folder = tmpDir();
    const key = join(folder, "key");
    const bundle = join(folder, "app.pyz");
    copyFileSync(await writeBundle(CONTENTS), bundle);
    const made = await spawnCommand(["keygen", key]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const refused = await spawnCommand(["run", "--verify", `${key}.pub`, bundle]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("ERR_INMEM_UNSIGNED");
    const signing = await spawnCommand(["sign", "--key", key, bundle]);
    expect(signing).toMatchObject({ code: 0, stderr: "" });
    expect(signing.stdout).toContain("4 entries signed");
    const verified = await spawnCommand(["verify", "--key", `${key}.pub`, bundle]);
    expect(verified).toMatchObject({ code: 0, stderr: "" });
    expect(verified.stdout.split("\n")[1]).toBe(made.stdout.split("\n")[2]);
    for (const full of [[], ["--verify-full"]]) {
      const words = ["run", "--verify", `${key}.pub`, ...full, "--report", bundle];
      expect(await spawnCommand(words)).toMatchObject({ code: 0, stdout: "ran 1\n" });
    }
  });

  it("a wrong key, a missing one, one of the wrong kind: status 2", async () => {
    const other = makeKeys();
    for (const [words, code] of [
      [["verify", "--key", other.public, signed], "ERR_INMEM_BAD_SIGNATURE"],
      [["run", "--verify", other.public, signed], "ERR_INMEM_BAD_SIGNATURE"],
      [["run", "--verify", keys.private, signed], "ERR_INMEM_KEY"],
      [["run", "--verify", "/no/such/key", signed], "ERR_INMEM_KEY"],
      [["sign", "--key", "/no/such/key", signed], "ERR_INMEM_KEY"],
      [["keygen", keys.private], "ERR_INMEM_KEY"],
      [["run", "--verify-full", signed], "--verify-full needs --verify FILE"],
    ] as const) {
      const { code: status, stderr, stdout } = await spawnCommand(words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(code);
    }
  });
});

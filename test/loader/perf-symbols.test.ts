// test/loader/perf-symbols.test.ts: what perf is told of functions that are mapped from a bundle.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { perfSymbols } from "../../lib/perf-symbols.js";
import { api } from "../helpers/python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const one = sharedObject("libone", "int first_of_one(int a) { return a * 3 + 1; }");
const two = sharedObject("libtwo", "int first_of_two(int a) { return a * 5 + 2; }");

/** Address and size of a function, as binutils read them. */
function find(path: string, name: string): { address: number; size: number } {
  const table = execFileSync("readelf", ["-sW", path], { encoding: "utf8" });
  const row = table.split("\n").find((line) => line.trim().endsWith(` ${name}`)) ?? "";
  const [, address = "", size = ""] = row.trim().split(/\s+/);
  return { address: Number.parseInt(address, 16), size: Number(size) };
}

describe("symbols of mapped objects", () => {
  it("have the functions' places in the bundle as addresses", () => {
    const bundle = zipFile([
      { name: "a/libone.so", data: one, align: 4096 },
      { name: "b/libtwo.so", data: two, align: 4096 },
    ]);
    for (const name of ["a/libone.so", "b/libtwo.so"]) {
      api.loadSharedObject(`${bundle}/${name}`);
    }
    const written = api.writeSymbols(tmpDir("symbols"));
    expect(written.mapped).toHaveLength(2);
    const told = join(written.symfs, bundle);
    const content = readFileSync(bundle);
    for (const [name, object] of [
      ["first_of_one", one],
      ["first_of_two", two],
    ] as const) {
      const { address, size } = find(told, name);
      const code = content.subarray(address, address + size);
      expect(size).toBeGreaterThan(4);
      expect(object.includes(code)).toBe(true);
    }
    expect(execFileSync("readelf", ["-lhSW", told], { encoding: "utf8" })).toContain("DYN");
  });

  it("of damaged objects are left out, and nothing is thrown", () => {
    const size = 1 << 20;
    expect(perfSymbols([], size)).toBeUndefined();
    expect(perfSymbols([{ bytes: Buffer.alloc(3), dataOffset: 0 }], size)).toBeUndefined();
    for (let at = 0; at < one.length; at += 7) {
      const cut = { bytes: one.subarray(0, at), dataOffset: 4096 };
      const bent = Buffer.from(one);
      bent[at] = 0xff;
      expect(() => perfSymbols([cut, { bytes: bent, dataOffset: 8192 }], size)).not.toThrow();
    }
  });
});

// test/elf/wheels.long.test.ts: many wheels of both machines, of every linker in use, beside readelf.
import { describe, expect, it } from "vitest";
import { type Machine, wheelObjects } from "../helpers/wheel-objects.js";
import { readelf, survey } from "./support.js";

const machines: Machine[] = ["x86_64", "aarch64"];
// Rust (cryptography, orjson, pydantic-core), C++ (grpcio, scipy), Fortran (scipy), Cython, patchelf (all with .libs).
const wheels: [string, string][] = [
  ["scipy", "1.16.3"],
  ["pandas", "2.3.3"],
  ["pillow", "12.0.0"],
  ["cryptography", "46.0.3"],
  ["orjson", "3.11.4"],
  ["pydantic-core", "2.41.5"],
  ["h5py", "3.15.1"],
  ["psycopg2-binary", "2.9.11"],
  ["grpcio", "1.76.0"],
  ["uvloop", "0.22.1"],
  ["aiohttp", "3.13.2"],
  ["lxml", "6.0.2"],
  ["pyyaml", "6.0.3"],
];

describe.each(machines)("%s", (machine) => {
  it.each(wheels)("%s", async (name, version) => {
    const files = await wheelObjects(name, version, machine);
    const all = await survey(machine, files);
    expect(all.length).toBe(files.length);
    for (const facts of all) {
      expect(facts).not.toHaveProperty("error");
      const { path } = facts;
      expect(facts).toMatchObject({ path, ...(await readelf(path)) });
      expect({ path, found: facts.found }).toEqual({ path, found: facts.asked });
    }
  });
});

// test/elf/wheels.test.ts: real wheels of both machines as native/elf reads them, beside readelf.
import { describe, expect, it } from "vitest";
import { type Machine, wheelObjects } from "../helpers/wheel-objects.js";
import { readelf, survey } from "./support.js";

const machines: Machine[] = ["x86_64", "aarch64"];
const wheels: [string, string][] = [
  ["markupsafe", "3.0.3"],
  ["numpy", "2.3.4"],
];

describe.each(machines)("%s", (machine) => {
  it.each(wheels)("%s is read as readelf reads it", async (name, version) => {
    const files = await wheelObjects(name, version, machine);
    expect(files.length).toBeGreaterThan(0);
    for (const facts of await survey(machine, files)) {
      expect(facts.error).toBeUndefined();
      const { path } = facts;
      expect(facts).toMatchObject({ path, ...(await readelf(path)) });
      // Each definition is found by its own name and version.
      expect({ path, found: facts.found }).toEqual({ path, found: facts.asked });
      expect(facts.asked).toBeGreaterThan(0);
    }
  });

  it("can be mapped for the most part", async () => {
    const files = await wheelObjects("numpy", "2.3.4", machine);
    const facts = await survey(machine, files);
    expect(facts.filter(({ refusal }) => refusal !== "")).toEqual([]);
    const sum = (key: "bytes" | "copied" | "mapped") =>
      facts.reduce((total, fact) => total + fact[key], 0);
    expect(sum("copied") / sum("bytes")).toBeLessThan(0.2);
    expect(sum("mapped") / sum("bytes")).toBeGreaterThan(0.7);
  });

  it("is no file of the other machine", async () => {
    const other = machine === "x86_64" ? "aarch64" : "x86_64";
    const [facts] = await survey(other, await wheelObjects("markupsafe", "3.0.3", machine));
    expect(facts?.error).toMatch(/e_machine EM_\w+ \(expected EM_\w+\)$/);
  });
});

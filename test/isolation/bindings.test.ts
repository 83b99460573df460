// test/isolation/bindings.test.ts: references of small wheels are bound in Node as on disk, by what ld.so itself tells.
import { describe, expect, it } from "vitest";
import { compareBindings, complaintsOf } from "../../scripts/isolation/compare.mjs";
import { parseLinkerLog } from "../../scripts/isolation/ld-debug.mjs";
import { builtPython } from "../../scripts/wheels/prepare.mjs";
import { findSubjects, type Subject } from "../../scripts/wheels/subjects.mjs";

describe("the dynamic linker's log", () => {
  it("is read: who is bound to whom, and where each file was loaded", () => {
    const lines = [
      "file=/proc/self/fd/./19 [0];  generating link map",
      "  dynamic: 0x00007f0000002df8  base: 0x00007f0000000000   size: 0x0000000000004028",
      "binding file /proc/self/fd/./19 [0] to node [0]: normal symbol `SSL_new' [OPENSSL_3.0.0]",
      "binding file /proc/self/fd/./19 [0] to /x.zip/lib.so [0]: protected symbol `f'",
      "binding file /proc/self/fd/./19 [0] to /x.zip/lib.so [0]: protected symbol `f'",
      "relocation processing: /proc/self/fd/./19",
    ];
    const log = parseLinkerLog(lines.map((line) => `     12345:\t${line}`).join("\n"));
    expect([...log.bases]).toEqual([["/proc/self/fd/./19", 0x7f0000000000]]);
    const from = "/proc/self/fd/./19";
    expect(log.bindings).toEqual([
      { from, to: "node", symbol: "SSL_new", version: "OPENSSL_3.0.0" },
      { from, to: "/x.zip/lib.so", symbol: "f", version: "" },
    ]);
  });
});

describe("a wheel with a library that Node has too", () => {
  it.each(["brotli", "uvloop"])("%s is bound as on disk", { timeout: 120_000 }, async (name) => {
    const subject = (await findSubjects()).find((each) => each.name === name) as Subject;
    const settings = { pythonDir: builtPython(), node: process.execPath };
    const found = await compareBindings(subject, settings);
    expect(complaintsOf(found)).toEqual([]);
    // Without the loader's work the dynamic linker binds them to Node: that is what is tested.
    expect(found.captured.length).toBeGreaterThan(20);
    expect(found.captured.every(({ linked }) => linked === "node")).toBe(true);
  });

  it("is told to be bound elsewhere where it is", () => {
    const reference = {
      object: "bundle:a.so",
      symbol: "uv_run",
      disk: "bundle:a.so",
      linked: "node",
      bound: "node",
    };
    const comparison = {
      objects: 1,
      references: 1,
      captured: [reference],
      unique: [],
      rebound: 0,
      reboundToHost: 0,
      violations: [reference],
      rest: { "disk: libz.so.1, Node: node": ["inflate"] },
      reported: 1,
      unlike: ["bundle:a.so uv_close: bound to node by the loader alone"],
    };
    expect(complaintsOf(comparison)).toEqual([
      "bundle:a.so: uv_run: node, disk bundle:a.so",
      "disk: libz.so.1, Node: node: inflate",
      "the loader counts 1 violations",
      "bundle:a.so uv_close: bound to node by the loader alone",
      "1 captured, but 0 bound anew",
    ]);
  });
});

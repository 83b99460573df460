// test/audit/wheel.test.ts: verdicts on crafted wheels: what cannot be judged, what is promised, what this host lacks.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import {
  extensionSource,
  sharedObject,
  extensionSuffix as suffix,
} from "../helpers/shared-object.js";
import { tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

/** A wheel of one object, which METADATA and WHEEL describe. */
function wheelOf(object: Uint8Array, { tag = "manylinux_2_17_x86_64", place = "" } = {}) {
  const files = {
    [`${place}tagged${suffix}`]: object,
    "tagged-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tagged\nVersion: 1.0\n",
    "tagged-1.0.dist-info/WHEEL": `Wheel-Version: 1.0\nTag: cp313-cp313-${tag}\n`,
    "tagged-1.0.dist-info/RECORD": `${place}tagged${suffix},,\n`,
  };
  return zipFile(files, `tagged-1.0-cp313-cp313-${tag}.whl`);
}

describe("a wheel that cannot be judged", () => {
  it("is told by a rule of its own for each reason", async () => {
    const glibc = sharedObject("tagged-libc", extensionSource("tagged", 1), ["-lc"]);
    const elsewhere = Buffer.from(glibc);
    elsewhere.writeUInt16LE(3, 18);
    const place = "tagged-1.0.data/purelib/";
    const cases: [string, string, string][] = [
      [wheelOf(glibc, { place }), "misplaced-object", "lies in purelib (expected platlib)"],
      [wheelOf(glibc, { tag: "musllinux_1_2_x86_64" }), "other-libc", "no object is for musl"],
      [wheelOf(elsewhere), "other-machine", "its objects are for EM_386 (expected x86_64)"],
    ];
    for (const [path, rule, text] of cases) {
      const { ok, findings, files } = await api.audit(path);
      expect(ok, rule).toBe(true);
      const told = findings.filter((one) => one.object === undefined);
      expect(told).toMatchObject([{ rule, level: "warning", distribution: "tagged 1.0" }]);
      expect(told[0]?.message).toContain(text);
      expect(files[0]?.wheels[0]?.problem).toContain(text);
      const held = await api.audit(path, { policy: "manylinux_2_28" });
      expect(held.findings.map((one) => `${one.level} ${one.rule}`)).toContain(
        "error policy-not-met",
      );
    }
  });
});

describe("a wheel that asks this host for what it lacks", () => {
  it("does not run here, whether or not this host was asked about", async () => {
    // A symbol that this host has, under a version that it has not.
    const map = tmpFile("map", "GLIBCXX_9.9 { global: _ZSt9terminatev; };");
    const named = ["-Wl,-soname,libstdc++.so.6", `-Wl,--version-script=${map}`];
    const future = sharedObject("future", "int _ZSt9terminatev(void) { return 1; }", named);
    const more = "extern int _ZSt9terminatev(void); int use(void) { return _ZSt9terminatev(); }";
    const source = extensionSource("tagged", 1, more);
    const object = sharedObject("tagged-future", source, [tmpFile("libfuture.so", future)]);
    const path = wheelOf(object);
    for (const host of [false, true]) {
      const { ok, findings, files } = await api.audit(path, { host });
      const level = host ? "error" : "warning";
      expect(findings).toContainEqual(expect.objectContaining({ rule: "host-not-met", level }));
      expect(files[0]?.wheels[0]?.runsHere, level).toBe(false);
      if (host) expect(ok).toBe(false);
    }
  });
});

describe("a wheel that promises too much", () => {
  it("is told by its tag and by the policy asked for", async () => {
    const more =
      '__asm__(".symver memcpy_new, memcpy@GLIBC_2.14"); extern void *memcpy_new(void *, void *, long); void *use(void *p) { return memcpy_new(p, p, 1); }';
    const object = sharedObject("tagged", extensionSource("tagged", 1, more), ["-fno-builtin"]);
    const files = {
      [`tagged${suffix}`]: object,
      "tagged-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tagged\nVersion: 1.0\n",
      "tagged-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: cp313-cp313-manylinux_2_12_x86_64\n",
      "tagged-1.0.dist-info/RECORD": `tagged${suffix},,\n`,
    };
    const path = zipFile(files, "tagged-1.0-cp313-cp313-manylinux2010_x86_64.whl");
    const report = await api.audit(path, { policy: "manylinux_2_12_x86_64" });
    expect(report.files[0]?.wheels[0]).toMatchObject({
      declared: ["manylinux2010_x86_64"],
      policy: "manylinux_2_17_x86_64",
    });
    const told = report.findings.map(({ rule, message }) => `${rule}: ${message}`);
    expect(told).toHaveLength(2);
    expect(told.join("\n")).toContain("manylinux_2_12_x86_64 has no GLIBC_2.14 of libc.so.6");
    expect(told[0]).toMatch(/^policy-not-met: meets manylinux_2_17_x86_64/);
    expect(told[1]).toMatch(/^untrue-tag: declares manylinux_2_12_x86_64/);
    // The same inside a bundle, by RECORD and WHEEL.
    const bundled = await api.audit(zipFile(files));
    expect(bundled.files[0]?.wheels[0]?.policy).toBe("manylinux_2_17_x86_64");
    expect(bundled.findings).toMatchObject([{ rule: "untrue-tag", distribution: "tagged 1.0" }]);
  });
});

// test/audit/audit.test.ts: each finding from a crafted object, verdicts and exit status of the command.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AuditFinding, AuditReport } from "../../lib/index.js";
import { pypiWheel } from "../helpers/pypi-wheel.js";
import { api } from "../helpers/python.js";
import {
  extension,
  extensionSource,
  extensionSuffix,
  sharedObject,
} from "../helpers/shared-object.js";
import { packageRoot, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";
import { type ZipEntry, zipFile } from "../helpers/zip.js";

const suffix = extensionSuffix;

/** The findings about one object, without those about another. */
async function findingsOf(
  entries: Record<string, string | Uint8Array> | Iterable<ZipEntry>,
  options = {},
): Promise<{ report: AuditReport; rules: string[]; first: AuditFinding }> {
  const report = await api.audit(zipFile(entries), options);
  const rules = report.findings.map(({ rule, level }) => `${level} ${rule}`);
  return { report, rules, first: report.findings[0] as AuditFinding };
}

const manylinux = ["manylinux2014_x86_64"];

describe("a stock wheel", () => {
  it("is judged, and lacks nothing", async () => {
    const wheel = await pypiWheel({ requirement: "markupsafe==3.0.3", platforms: manylinux });
    const report = await api.audit(wheel, { policy: "manylinux2014", host: true });
    expect(report).toMatchObject({ ok: true, findings: [], asked: { host: true } });
    expect(report.asked.policy).toBe("manylinux_2_17");
    const [file] = report.files;
    expect(file?.wheels).toMatchObject([
      { name: "MarkupSafe", version: "3.0.3", runsHere: true, runsWhereNodeDoes: true, objects: 1 },
    ]);
    expect(file?.objects[0]).toMatchObject({
      entry: `markupsafe/_speedups${suffix}`,
      kind: "module",
      machine: "x86_64",
      mapRefusal: "",
    });
  });

  it("of musl does not meet a glibc host", async () => {
    const wheel = await pypiWheel({
      requirement: "markupsafe==3.0.3",
      platforms: ["musllinux_1_2_x86_64"],
    });
    const report = await api.audit(wheel);
    expect(report.ok).toBe(true);
    expect(report.files[0]?.wheels[0]?.policy).toBe("musllinux_1_2_x86_64");
    const here = await api.audit(wheel, { host: true, policy: "manylinux_2_28" });
    expect(here.ok).toBe(false);
    const rules = here.findings.map(({ rule }) => rule);
    expect(rules).toContain("other-libc");
    expect(rules).toContain("policy-not-met");
    const unmet = here.findings.find(({ rule }) => rule === "policy-not-met");
    expect(unmet?.message).toContain("its objects are for musl on x86_64");
  });

  it("of another machine is read, and does not meet this host", async () => {
    const wheel = await pypiWheel({
      requirement: "markupsafe==3.0.3",
      platforms: ["manylinux2014_aarch64"],
    });
    const report = await api.audit(wheel);
    expect(report).toMatchObject({ ok: true });
    expect(report.files[0]?.wheels[0]?.policy).toBe("manylinux_2_17_aarch64");
    const here = await api.audit(wheel, { host: true });
    expect(here.findings).toMatchObject([{ rule: "other-machine", level: "error" }]);
  });

  it("is held against a policy on its own machine, unless the policy names another", async () => {
    const requirement = "markupsafe==3.0.3";
    const wheel = await pypiWheel({ requirement, platforms: ["manylinux2014_aarch64"] });
    for (const policy of ["manylinux2014", "manylinux_2_28", "manylinux_2_17_aarch64"]) {
      expect(await api.audit(wheel, { policy }), policy).toMatchObject({ ok: true, findings: [] });
    }
    // manylinux1 is of x86-64 alone.
    for (const policy of ["manylinux_2_28_x86_64", "manylinux1"]) {
      const { ok, findings, asked } = await api.audit(wheel, { policy });
      expect({ ok, findings }, policy).toMatchObject({
        ok: false,
        findings: [{ rule: "policy-not-met" }],
      });
      expect(findings[0]?.message).toMatch(/^meets manylinux_2_17_aarch64 \(expected manylinux/);
      expect(asked.policy).toBe(policy === "manylinux1" ? "manylinux_2_5" : policy);
    }
  });

  it("that does not meet a policy runs here all the same", async () => {
    const wheel = await pypiWheel({ requirement: "markupsafe==3.0.3", platforms: manylinux });
    const report = await api.audit(wheel, { policy: "manylinux1" });
    expect(report.findings).toMatchObject([{ rule: "policy-not-met", level: "error" }]);
    expect(report.files[0]?.wheels[0]?.runsHere).toBe(true);
  });
});

describe("an object", () => {
  const good = extension("good", 1);

  it("is found by its content, however it is stored and called", async () => {
    const entries: ZipEntry[] = [
      { name: "a/stored.so", data: good },
      { name: "a/deflated.so", data: good, method: 8 },
      { name: "a/data.bin", data: good, method: 8 },
      { name: "a/text.so", data: "GROUP ( libc.so.6 )", method: 8 },
      { name: "a/ELF.txt", data: "\x7fELE".repeat(400), method: 8 },
      { name: "a/empty.so", data: "", method: 8 },
    ];
    const { report } = await findingsOf(entries);
    const found = report.files[0]?.objects.map(({ entry }) => entry);
    expect(found).toEqual(["a/stored.so", "a/deflated.so", "a/data.bin"]);
  });

  it("that needs a library of nobody is unresolved, unless the host's is allowed", async () => {
    const library = sharedObject("needed", "int needed(void) { return 1; }", [
      "-Wl,-soname,libneeded.so.7",
    ]);
    const path = tmpFile("libneeded.so", library);
    const more = "extern int needed(void); int use(void) { return needed(); }";
    const user = sharedObject("user", extensionSource("user", 1, more), [path]);
    const alone = await findingsOf({ [`user${suffix}`]: user });
    expect(alone.report.ok).toBe(false);
    expect(alone.rules).toEqual(["error unresolved-library"]);
    expect(alone.first).toMatchObject({ object: `user${suffix}` });
    expect(alone.first.message).toContain("libneeded.so.7");
    const allowed = await findingsOf(
      { [`user${suffix}`]: user },
      { hostLibraries: ["libneeded.so.7"] },
    );
    expect(allowed.rules).not.toContain("error unresolved-library");
    // Beside it, in the folder that auditwheel makes, and where another module has to load it.
    for (const place of ["libneeded.so.7", "user.libs/libneeded.so.7"]) {
      const { rules } = await findingsOf({ [`user${suffix}`]: user, [place]: library });
      expect(rules, place).toEqual([]);
    }
    const far = await findingsOf({ [`user${suffix}`]: user, "far/away/libneeded.so.7": library });
    expect(far.rules).toEqual(["note load-order"]);
  });

  it("for a processor that is not read is a warning, and an error for this host", async () => {
    const other = Buffer.from(good);
    other.writeUInt16LE(3, 18); // e_machine: EM_386
    const entries = { "good.so": other };
    const { rules, report } = await findingsOf(entries);
    expect(rules).toContain("warning other-machine");
    expect(report.ok).toBe(true);
    const here = await findingsOf(entries, { host: true });
    expect(here.rules).toContain("error other-machine");
    expect(here.report.ok).toBe(false);
  });

  it("that calls what nobody defines has a missing symbol", async () => {
    const more = "extern int nobody_has_this(void); int use(void) { return nobody_has_this(); }";
    const { rules, first } = await findingsOf({ [`lost${suffix}`]: extension("lost", 1, more) });
    expect(rules).toEqual(["error missing-symbol"]);
    expect(first.message).toContain("nobody_has_this");
  });

  it("that calls what this Python lacks has a missing symbol", async () => {
    const more =
      "extern int PyEval_NobodyHasThis(void); int use(void) { return PyEval_NobodyHasThis(); }";
    const { rules, first } = await findingsOf({ [`old${suffix}`]: extension("old", 1, more) });
    expect(rules).toEqual(["error missing-symbol"]);
    expect(first.message).toContain("PyEval_NobodyHasThis");
  });

  it("may leave weak references unbound, and count on Python's libm", async () => {
    const more =
      "extern double nextafter(double, double); extern int maybe(void) __attribute__((weak)); double use(double x) { return maybe ? 1 : nextafter(x, 2); }";
    const object = sharedObject("weak", extensionSource("weak", 1, more), ["-fno-builtin"]);
    expect((await findingsOf({ [`weak${suffix}`]: object })).rules).toEqual([]);
  });

  it("of another Python is told", async () => {
    const entries = { "good.cpython-312-x86_64-linux-gnu.so": good };
    const { rules, first, report } = await findingsOf(entries);
    expect(rules).toEqual(["warning other-python"]);
    expect(first.message).toBe("for cp312 (expected cp313)");
    expect(report.ok).toBe(true);
    expect((await findingsOf(entries, { host: true })).report.ok).toBe(false);
    const bundled = { ...entries, "inmem.json": JSON.stringify({ python: { tag: "cp312" } }) };
    expect((await findingsOf(bundled)).rules).toEqual([]);
  });

  it("with an executable stack, or relocations in its code, is told and does no harm", async () => {
    const stack = sharedObject("stack", extensionSource("stack", 1), ["-Wl,-z,execstack"]);
    const { rules, report } = await findingsOf({ [`stack${suffix}`]: stack });
    expect(rules).toEqual(["warning executable-stack"]);
    expect(report.ok).toBe(true);
    const text = sharedObject(
      "text",
      `${extensionSource("text", 1)}__asm__(".text\\n.quad PyLong_FromLong\\n");`,
      ["-Wl,-z,notext"],
    );
    expect((await findingsOf({ [`text${suffix}`]: text })).rules).toContain(
      "warning text-relocations",
    );
  });

  it("that asks a library of the bundle for a version that it lacks is not met", async () => {
    const script = tmpFile("map", "V2 { global: needed; };");
    const older = tmpFile("map", "V1 { global: needed; };");
    const code = "int needed(void) { return 1; }";
    const soname = "-Wl,-soname,libversions.so";
    const named = (map: string) =>
      sharedObject("versions", code, [soname, `-Wl,--version-script=${map}`]);
    const newer = tmpFile("libversions.so", named(script));
    const more = "extern int needed(void); int use(void) { return needed(); }";
    const user = sharedObject("versions-user", extensionSource("user", 1, more), [newer]);
    const { rules, first } = await findingsOf({
      [`user${suffix}`]: user,
      "libversions.so": named(older),
    });
    expect(rules).toContain("error version-not-met");
    expect(first.message).toContain("V2 of libversions.so");
  });

  it("that is damaged is told, and the others are judged", async () => {
    const entries = { "cut.so": good.subarray(0, 1000), [`good${suffix}`]: good };
    const { rules, report, first } = await findingsOf(entries);
    expect(rules).toEqual(["error unreadable-object"]);
    expect(first).toMatchObject({ object: "cut.so" });
    expect(first.message).toContain("[ERR_INMEM_BAD_ELF]");
    expect(report.files[0]?.objects).toHaveLength(2);
  });

  it("whose entry is damaged is told", async () => {
    const entries: ZipEntry[] = [{ name: "bad.so", data: good, crc: 1, local: { crc: 1 } }];
    const { first } = await findingsOf(entries);
    expect(first).toMatchObject({ rule: "unreadable-object", object: "bad.so" });
    expect(first.message).toContain("[ERR_INMEM_BAD_CRC]");
  });
});

describe("inmem-python audit", () => {
  it("prints a table and gives 0, or 1 where something is not met", async () => {
    const wheel = await pypiWheel({ requirement: "markupsafe==3.0.3", platforms: manylinux });
    const { code, stdout } = await spawnCommand(["audit", wheel]);
    expect(stdout).toContain("MarkupSafe 3.0.3");
    expect(stdout).toMatch(/ok: nothing unresolved\n$/);
    expect(code).toBe(0);
    const strict = await spawnCommand(["audit", "-q", "--policy", "manylinux1", wheel]);
    expect(strict.code).toBe(1);
    expect(strict.stdout).toMatch(
      /^error policy-not-met: MarkupSafe 3.0.3: meets manylinux_2_\d+_x86_64/,
    );
  });

  it("takes a folder of wheels, and gives JSON and SARIF", async () => {
    const wheel = await pypiWheel({ requirement: "markupsafe==3.0.3", platforms: manylinux });
    const sarif = join(tmpDir(), "out.sarif");
    const words = [
      "audit",
      "--json",
      "--policy",
      "manylinux1",
      "--sarif",
      sarif,
      join(wheel, ".."),
    ];
    const { code, stdout } = await spawnCommand(words);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      files: [{ path: wheel, kind: "wheel" }],
    });
    const log = JSON.parse(readFileSync(sarif, "utf8"));
    const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
    expect(log).toMatchObject({
      version: "2.1.0",
      runs: [
        {
          tool: {
            driver: { name: "inmem-python audit", version, rules: [{ id: "policy-not-met" }] },
          },
          results: [{ ruleId: "policy-not-met", level: "error" }],
        },
      ],
    });
  });

  it("tells what it cannot audit, and gives 2", async () => {
    const folder = tmpDir();
    const bad = tmpFile("app.pyz", "no zip");
    for (const [words, text] of [
      [[join(folder, "missing.pyz")], "ERR_INMEM_NOT_FOUND"],
      [[folder], "no wheel in it"],
      [[bad], "ERR_INMEM_NOT_ZIP"],
      [["--policy", "manylinux_9_9", bad], 'unknown "manylinux_9_9"'],
      [[], "missing required argument"],
    ] as const) {
      const { code, stderr } = await spawnCommand(["audit", ...words]);
      expect(stderr).toContain(text);
      expect(code).toBe(2);
    }
  });
});

it("audit() refuses wrong arguments", async () => {
  const wrong: [unknown, unknown?][] = [
    [3],
    [[""]],
    ["x", 1],
    ["x", { hots: true }],
    ["x", { host: 1 }],
    ["x", { policy: 1 }],
    ["x", { hostLibraries: "libx.so" }],
  ];
  for (const [files, options] of wrong) {
    await expect(api.audit(files as string, options as object)).rejects.toThrow(TypeError);
  }
  await expect(api.audit("x", { hots: true } as object)).rejects.toThrow(
    "unknown option hots (expected policy, host, hostLibraries)",
  );
  await expect(api.audit([])).rejects.toThrow(RangeError);
});

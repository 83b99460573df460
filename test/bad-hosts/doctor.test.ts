// test/bad-hosts/doctor.test.ts: `inmem-python doctor` and hostReport() tell what is, here and on hosts made worse.
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HostReport } from "../../lib/index.js";
import {
  afterShell,
  commandOn,
  inNamespace,
  obstacleTo,
  refusing,
  type Wrap,
} from "../helpers/bad-host.js";
import { api } from "../helpers/python.js";
import { packageRoot, spawnCommand, spawnScript } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

const here: Wrap = (program) => program;

/** Exit status, the table, and the same report for machines. */
async function doctorOn(wrap: Wrap) {
  const { code, stdout, stderr } = await commandOn(wrap, ["doctor"]);
  expect(stderr).toBe("");
  const json = await commandOn(wrap, ["doctor", "--json"]);
  expect(json.code).toBe(code);
  return { code, text: stdout, report: JSON.parse(json.stdout) as HostReport };
}

describe("here", () => {
  it("bundles run, and each row says so", async () => {
    const { code, text, report } = await doctorOn(here);
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, auto: "mapped", node: process.versions.node });
    expect(report.facts?.memfd.load).toBe("");
    expect(report.facts?.limits.staticTlsBytes).toBeGreaterThan(500);
    for (const what of [
      "binary",
      "/proc",
      "memfd_create",
      "private tmpfs",
      "open files",
      "static TLS",
      "pages of copies",
    ]) {
      expect(text).toMatch(RegExp(`^(ok|note) +${what} `, "m"));
    }
    expect(text).toMatch(/^Bundles run here\./m);
  });

  it("hostReport() is what --json prints", async () => {
    const report = api.hostReport();
    const { report: printed } = await doctorOn(here);
    expect(Object.keys(printed).sort()).toEqual(
      Object.entries(report)
        .filter(([, value]) => value !== undefined)
        .map(([key]) => key)
        .sort(),
    );
    expect(printed.tiers).toEqual(report.tiers);
    expect(printed.facts?.memfd).toEqual(report.facts?.memfd);
  });

  it("refuses words that it does not know", async () => {
    const { code, stderr } = await spawnCommand(["doctor", "--frob"]);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown option '--frob'");
  });
});

describe("memfd_create refused by a seccomp filter", () => {
  it.each(["EPERM", "ENOSYS"] as const)("with %s: auto takes the tmpfs", async (errno) => {
    const { code, text, report } = await doctorOn(refusing({ call: "memfd_create", errno }));
    expect(report.facts?.seccompFilter).toBe(true);
    expect(report.facts?.memfd.create).toMatch(/^memfd_create: .*; .*allow memfd_create/);
    expect(report.tiers?.mapped.works).toBe(false);
    expect(report.tiers?.memfd.works).toBe(false);
    expect(report.auto).toBe(report.tiers?.tmpfs.works ? "tmpfs" : undefined);
    expect(code).toBe(report.tiers?.tmpfs.works ? 0 : 1);
    expect(text).toMatch(/^bad +memfd_create /m);
    expect(text).toContain("seccomp filter: on");
  });

  it("and no tmpfs either: nothing runs, and the exit status says so", async () => {
    const wrap = refusing(
      { call: "memfd_create", errno: "EPERM" },
      { call: "fsopen", errno: "EPERM" },
    );
    const { code, text, report } = await doctorOn(wrap);
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false });
    expect(report.auto).toBeUndefined();
    expect(report.tiers?.tmpfs.reason).toMatch(
      /fsopen: .*not permitted.*; allow unprivileged user namespaces/,
    );
    expect(report.facts?.limits.staticTlsBytes).toBeNull();
    expect(text).toContain("Bundles with shared objects cannot run here");
    expect(text).toContain("--load extract");
  });
});

describe("user namespaces used up", () => {
  const wrap: Wrap = (program) => {
    const script = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"';
    return ["unshare", "--user", "--map-root-user", "sh", "-e", "-c", script, "sh", ...program];
  };
  const obstacle = obstacleTo(wrap);

  // Skipped where no user namespace can be had whose limit to set: the title says what refused.
  it.skipIf(obstacle !== "")(`no tmpfs, and the sysctl is named ${obstacle}`, async () => {
    const { code, report } = await doctorOn(wrap);
    expect(code).toBe(0);
    expect(report.tiers?.tmpfs.reason).toMatch(/clone\(.*No space left.*user\.max_user_namespaces/);
  });
});

describe("a sandbox that ends a process for a call, as systemd's does by default", () => {
  it("memfd_create: doctor lives, and says so", async () => {
    const { text, report } = await doctorOn(refusing({ call: "memfd_create", errno: "KILL" }));
    expect(report.facts?.memfd.create).toMatch(/^memfd_create: .*SIGSYS.*; .*allow memfd_create/);
    expect(report.tiers?.memfd.works).toBe(false);
    expect(text).toMatch(
      /^bad +memfd_create +the sandbox ends a process that calls it \(SIGSYS\)$/m,
    );
  });

  it("fsopen: doctor lives, and memfds do as ever", async () => {
    const { code, text, report } = await doctorOn(refusing({ call: "fsopen", errno: "KILL" }));
    expect(code).toBe(0);
    expect(report.auto).toBe("mapped");
    expect(report.tiers?.tmpfs.reason).toMatch(/fsopen.*SIGSYS.*; allow/);
    expect(text).toMatch(/^note +private tmpfs +fsopen.*SIGSYS/m);
  });
});

describe("a kernel without MFD_NOEXEC_SEAL", () => {
  it("loses nothing", async () => {
    const wrap = refusing({ call: "memfd_create", errno: "EINVAL", onlyWithFlag: 8 });
    const { code, text, report } = await doctorOn(wrap);
    expect(code).toBe(0);
    expect(report.facts?.memfd).toMatchObject({ create: "", seal: "", load: "" });
    expect(report.facts?.memfd.noexecSeal).toContain("Invalid argument");
    expect(report.auto).toBe("mapped");
    expect(text).toMatch(/^note +memfd_create +MFD_NOEXEC_SEAL: Invalid argument/m);
  });
});

describe("vm.memfd_noexec", () => {
  const policy = (value: number) =>
    inNamespace(["--pid", "--fork", "--mount-proc"], `echo ${value} > /proc/sys/vm/memfd_noexec`);
  const obstacle = obstacleTo(policy(2));

  // Skipped on kernels before 6.3, which have no such sysctl, and where no PID namespace can be had.
  it.skipIf(obstacle !== "").each([0, 1, 2])(`= %i: memfds load ${obstacle}`, async (value) => {
    const { code, report } = await doctorOn(policy(value));
    expect(code).toBe(0);
    expect(report.facts?.memfd).toMatchObject({ policy: value, create: "", load: "", seal: "" });
  });
});

describe("no /proc", () => {
  const wrap = inNamespace(["--mount"], "mount -t tmpfs none /proc");
  const obstacle = obstacleTo(wrap);

  // Skipped where this user may not mount, not even in a namespace.
  it.skipIf(obstacle !== "")(`only extract is left ${obstacle}`, async () => {
    const { code, text, report } = await doctorOn(wrap);
    expect(code).toBe(1);
    expect(report.facts).toMatchObject({ proc: false, seccompFilter: null });
    expect(report.tiers?.memfd.reason).toContain("is it mounted?");
    expect(report.tiers?.tmpfs.works).toBe(false);
    expect(report.tiers?.extract.works).toBe(true);
    expect(text).toMatch(/^bad +\/proc +not mounted/m);
  });
});

describe("limits", () => {
  it("few descriptors: told, with what to do", async () => {
    const { text, report } = await doctorOn(afterShell("ulimit -n 40"));
    expect(report.facts?.limits).toMatchObject({ openFilesSoft: 40, openFilesHard: 40 });
    expect(text).toMatch(/^note +open files +at most 40 .*\n.*ulimit -n/m);
  });

  it("static TLS: the tunable shows, and what is left grows with it", async () => {
    const wrap: Wrap = (program) => [
      "env",
      "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=8192",
      ...program,
    ];
    const { report } = await doctorOn(wrap);
    const before = api.hostReport().facts?.limits.staticTlsBytes ?? 0;
    expect(report.facts?.limits.staticTlsTunableBytes).toBe(8192);
    expect(report.facts?.limits.staticTlsBytes).toBeGreaterThan(before + 7000);
  });

  it("places to extract to: noexec and absent ones are named", async () => {
    const wrap: Wrap = (program) => ["env", "TMPDIR=/no/such/place", ...program];
    const { text, report } = await doctorOn(wrap);
    const place = report.facts?.places.find(({ path }) => path === "/no/such/place");
    expect(place?.obstacle).toContain("No such file");
    expect(text).toMatch(/^note +extract to +\/no\/such\/place: No such file/m);
  });
});

describe("a package whose binary", () => {
  /** The package with another binary, or none, in a folder of its own. */
  function packageWith(binary?: string | Uint8Array): string {
    const folder = tmpDir("package");
    for (const name of ["dist", "docs", "package.json"]) {
      cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
    }
    symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"));
    if (binary !== undefined) {
      mkdirSync(join(folder, "build", "Release"), { recursive: true });
      writeFileSync(join(folder, "build", "Release", "inmem.node"), binary);
    }
    return join(folder, "dist", "cli", "main.js");
  }

  it.each([
    ["is missing", undefined, "installed without its binary"],
    ["is damaged", "\x7fELF", "install the package again"],
  ])("%s: the report says so, and what to do", async (_, binary, words) => {
    const script = packageWith(binary);
    const { code, stdout, stderr } = await spawnScript(script, { args: ["doctor"] });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^bad +binary +ERR_INMEM_NO_BINARY: /m);
    expect(stdout).toContain(words);
    expect(stdout).toMatch(/^ok +\/proc +mounted/m);
    expect(stdout).toContain("Bundles cannot run here.");
    const json = await spawnScript(script, { args: ["doctor", "--json"] });
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      problem: { code: "ERR_INMEM_NO_BINARY" },
    });
    rmSync(join(script, "..", "..", ".."), { recursive: true });
  });

  it("is for another platform: the same", async () => {
    const script = packageWith();
    const pretend = join(tmpDir("platform"), "pretend.cjs");
    writeFileSync(pretend, `Object.defineProperty(process, "arch", { value: "riscv64" });`);
    const { code, stdout } = await spawnScript(script, {
      args: ["doctor"],
      nodeArgs: ["--require", pretend],
    });
    expect(code).toBe(1);
    expect(stdout).toContain("ERR_INMEM_UNSUPPORTED_PLATFORM: no binary for linux riscv64");
    expect(stdout).toContain("Use Linux on x64");
  });
});

// test/bad-hosts/run.test.ts: bundles with shared objects on hosts that refuse something: they run, or say what is in the way.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  afterShell,
  commandOn,
  inNamespace,
  obstacleTo,
  refusing,
  type Wrap,
} from "../helpers/bad-host.js";
import { numpyWheel } from "../helpers/numpy.js";
import { py } from "../helpers/python.js";
import { extension, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip, zipFile } from "../helpers/zip.js";

/** Prints the answer, or the code and text of the error. */
const program = py`
  try:
      import answer
      print("answer", answer.value())
  except ImportError as error:
      print(getattr(error, "inmem_code", "no code"), error)
`;

const bundle = zipFile({
  "__main__.py": program,
  [`answer${extensionSuffix}`]: extension("answer", 42),
});

/** What the bundle prints on that host. */
async function printed(wrap: Wrap, args: readonly string[] = [], path = bundle): Promise<string> {
  const { code, stdout, stderr } = await commandOn(wrap, ["run", ...args, path]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("a kernel without MFD_NOEXEC_SEAL", () => {
  it("loads shared objects all the same", async () => {
    const wrap = refusing({ call: "memfd_create", errno: "EINVAL", onlyWithFlag: 8 });
    expect(await printed(wrap)).toBe("answer 42\n");
  });

  it("and a policy that answers the flag with EACCES: the same", async () => {
    const wrap = refusing({ call: "memfd_create", errno: "EACCES", onlyWithFlag: 8 });
    expect(await printed(wrap)).toBe("answer 42\n");
  });
});

describe("vm.memfd_noexec", () => {
  const policy = (value: number) =>
    inNamespace(["--pid", "--fork", "--mount-proc"], `echo ${value} > /proc/sys/vm/memfd_noexec`);
  const obstacle = obstacleTo(policy(2));

  // Skipped on kernels before 6.3, which have no such sysctl, and where no PID namespace can be had.
  it.skipIf(obstacle !== "").each([0, 1, 2])(`= %i: loads ${obstacle}`, async (value) => {
    expect(await printed(policy(value))).toBe("answer 42\n");
  });
});

describe("no /proc", () => {
  const covered = inNamespace(["--mount"], "mount -t tmpfs none /proc");
  const obstacle = obstacleTo(covered);

  // This one and the next two: skipped where this user may not mount, not even in a namespace.
  it.skipIf(obstacle !== "")(`shared objects say what is missing ${obstacle}`, async () => {
    const text = await printed(covered);
    expect(text).toMatch(/^ERR_INMEM_LOAD_FAILED /);
    expect(text).toContain(`answer${extensionSuffix}`);
    expect(text).toContain("/proc: is it mounted?");
  });

  // As above.
  it.skipIf(obstacle !== "")("extract, which has paths of its own, works", async () => {
    expect(await printed(covered, ["--load=extract"])).toBe("answer 42\n");
  });

  // As above.
  it.skipIf(obstacle !== "")("programs of Python alone run", async () => {
    const path = zipFile({ "__main__.py": "import json, ssl; print(json.dumps([1]))" });
    expect(await printed(covered, [], path)).toBe("[1]\n");
  });
});

describe("a policy that forbids to map code, as SELinux does", () => {
  // On Python's thread alone, and from then on: Node itself could not start under it.
  const forbidding = py`
    import ctypes, struct
    def statement(code, yes, no, value): return struct.pack("HBBI", code, yes, no, value)
    mmap, prot_exec, eacces = 9, 4, 13
    code = ctypes.create_string_buffer(b"".join([
        statement(0x20, 0, 0, 0),            # the call's number
        statement(0x15, 0, 2, mmap),
        statement(0x20, 0, 0, 16 + 8 * 2),   # its third argument
        statement(0x45, 1, 0, prot_exec),
        statement(0x06, 0, 0, 0x7fff0000),   # allow
        statement(0x06, 0, 0, 0x00050000 | eacces),
    ]))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 6, ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(38, 1, 0, 0, 0) == 0
    assert prctl(22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) == 0, ctypes.get_errno()
  `;
  const files = {
    "__main__.py": forbidding + program,
    [`answer${extensionSuffix}`]: extension("answer", 42),
  };

  it.each(["auto", "mapped", "memfd", "extract"])("load: %s: the error says so", async (load) => {
    const storage = { method: 0, align: 4096 };
    const path = zipFile(Object.entries(files).map(([name, data]) => ({ name, data, ...storage })));
    const text = await printed((words) => words, [`--load=${load}`], path);
    expect(text).toMatch(
      /^ERR_INMEM_LOAD_FAILED .*answer.*failed to map segment.*Permission denied.*; .*SELinux/,
    );
  });
});

describe("too little memory", () => {
  it("the error says so, and the program goes on", async () => {
    const huge = "static char huge[1L << 30]; long at(long i) { return huge[i]; }";
    const limiting = py`
      import re, resource
      size = int(re.search(r"VmSize:\s+(\d+) kB", open("/proc/self/status").read())[1]) << 10
      resource.setrlimit(resource.RLIMIT_AS, (size + (256 << 20), resource.RLIM_INFINITY))
    `;
    const path = zipFile({
      "__main__.py": `${limiting}${program}print("goes on")\n`,
      [`answer${extensionSuffix}`]: extension("answer", 42, huge),
    });
    const text = await printed((words) => words, [], path);
    expect(text).toMatch(/^ERR_INMEM_\w+ .*answer.*; there is not enough memory.*\ngoes on\n$/);
  });
});

describe("few descriptors", () => {
  it("ulimit -n 64: numpy with its OpenBLAS computes", async () => {
    const wheel = await numpyWheel();
    const folder = tmpDir("wheels");
    symlinkSync(wheel, join(folder, basename(wheel)));
    const program = py`
      import numpy, os
      print(numpy.linalg.det(numpy.eye(50)), len(os.listdir("/proc/self/fd")) <= 64)
    `;
    writeFileSync(join(folder, "det-1-py3-none-any.whl"), makeZip({ "det.py": program }));
    const few = afterShell("ulimit -n 64");
    expect(await printed(few, ["-m", "det"], folder)).toBe("1.0 True\n");
  });

  it("none left: the error says so, and what to do", async () => {
    const path = zipFile({
      "__main__.py": py`
        import os
        taken = []
        try:
            while True: taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError: pass
        ${program.replaceAll("\n", "\n        ")}
      `,
      [`answer${extensionSuffix}`]: extension("answer", 42),
    });
    const text = await printed(afterShell("ulimit -n 64"), [], path);
    expect(text).toMatch(/^ERR_INMEM_\w+ .*answer.*Too many open files.*ulimit -n/);
  });
});

describe("static TLS used up by many libraries", () => {
  // Each takes 128 bytes of every thread's block at once, for ever.
  const libraries = 24;
  const source = (index: number) => `
    static __thread char own[128] __attribute__((tls_model("initial-exec"), aligned(16)));
    int touch${index}(void) { own[5] = ${index}; return own[5]; }`;
  const files: Record<string, string | Uint8Array> = {
    "__main__.py": py`
      import ctypes, sys
      for index in range(${libraries}):
          try:
              library = ctypes.CDLL(f"{sys.path[0]}/libtls{index}.so")
          except OSError as error:
              print(index, error)
              break
          assert library[f"touch{index}"]() == index
      else:
          print("all")
    `,
  };
  for (let index = 0; index < libraries; index++) {
    files[`libtls${index}.so`] = sharedObject(`libtls${index}`, source(index));
  }
  const path = zipFile(files);

  it("the error computes a tunable, with which the object loads", async () => {
    const text = await printed((words) => words, [], path);
    const [, index = "", size, setting = ""] =
      /^(\d+) .*static TLS block; it wants (\d+) bytes .* with (GLIBC_TUNABLES=\S+) /.exec(text) ??
      [];
    expect(text).toContain(`libtls${index}.so`);
    expect(Number(size)).toBe(128);
    expect(Number(index)).toBeGreaterThan(5);
    // The object that failed loads with it; and where more are to come, the next error says more.
    const again = await printed((words) => ["env", setting, ...words], [], path);
    const reached = again === "all\n" ? libraries : Number(/^(\d+) /.exec(again)?.[1]);
    expect(reached).toBeGreaterThan(Number(index));
    const ample = "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=8192";
    expect(await printed((words) => ["env", ample, ...words], [], path)).toBe("all\n");
  });
});

describe("file systems", () => {
  const locked = inNamespace(
    ["--mount"],
    // The bundle itself lies below /tmp: code is not mapped from there either.
    `mount --bind /tmp /tmp
     mount -o remount,bind,noexec,nosuid,nodev /tmp
     mount --bind / /
     mount -o remount,bind,ro /
     if touch /root-is-writable 2>/dev/null; then exit 9; fi`,
  );
  const obstacle = obstacleTo(locked);

  // Skipped where this user may not mount, not even in a namespace: no such host can be made then.
  it.skipIf(obstacle !== "")(
    `a root that is read-only, a /tmp that is noexec ${obstacle}`,
    async () => {
      expect(await printed(locked)).toBe("answer 42\n");
      const stored = zipFile(
        [
          { name: "__main__.py", data: program },
          { name: `answer${extensionSuffix}`, data: extension("answer", 43), method: 0 },
        ],
        "stored.pyz",
      );
      expect(await printed(locked, [], stored)).toBe("answer 43\n");
    },
  );

  it("no HOME, one that is absent, one that cannot be written", async () => {
    const folder = join(tmpDir("home"), "locked");
    mkdirSync(folder, { mode: 0o500 });
    for (const words of [["-u", "HOME"], ["HOME=/no/such/home"], [`HOME=${folder}`]]) {
      expect(await printed((rest) => ["env", ...words, ...rest])).toBe("answer 42\n");
    }
  });
});

// test/bad-hosts/tiers.test.ts: which way of loading is taken where the host refuses one, and what is said where none is left.
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SharedObject } from "../../lib/index.js";
import { commandOn, inNamespace, obstacleTo, refusing, type Wrap } from "../helpers/bad-host.js";
import { api, py } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const here: Wrap = (program) => program;
const noMemfd = refusing({ call: "memfd_create", errno: "EPERM" });
const noTmpfs = refusing({ call: "fsopen", errno: "EPERM" });
const neither = refusing(
  { call: "memfd_create", errno: "EPERM" },
  { call: "fsopen", errno: "EPERM" },
);

// Whoever runs the tests may have no right to a tmpfs in the first place.
const tmpfsHere = api.hostReport().tiers?.tmpfs.works === true;

/** Prints the answer, or the code and text of the error. */
const program = py`
  try:
      import answer
      print("answer", answer.value())
  except ImportError as error:
      print(getattr(error, "inmem_code", "no code"), error)
`;

const low = sharedObject("libtierlow", "int low(void) { return 42; }", [
  "-Wl,-soname,libtierlow.so.1",
]);
const answer = sharedObject("answer", extensionSource("answer", "low()", "extern int low(void);"), [
  "-L.",
  "-l:libtierlow.so",
]);
const aligned = { method: 0, align: 4096 };

/** Two objects, stored so that they can be mapped, or compressed. */
const bundleOf = (storage: object, main = program) =>
  zipFile([
    { name: "__main__.py", data: main },
    { name: `answer${extensionSuffix}`, data: answer, ...storage },
    { name: "answer.libs/libtierlow.so.1", data: low, ...storage },
  ]);
const mappable = bundleOf(aligned);
const compressed = bundleOf({});

/** What the bundle prints on that host, and with what its objects were loaded. */
async function run(wrap: Wrap, load: string, bundle: string, env: Record<string, string> = {}) {
  const words = ["run", `--load=${load}`, "--report=json", bundle];
  const { code, stdout, stderr } = await commandOn(wrap, words, { env });
  expect(code, stderr).toBe(0);
  // Before it may stand warnings of Python's.
  const report = stderr.trim().split("\n").at(-1) ?? "";
  const { objects } = JSON.parse(report) as { objects: SharedObject[] };
  return { stdout, objects, tiers: [...new Set(objects.map(({ tier }) => tier))] };
}

describe("on a host that allows all", () => {
  it.each([
    ["auto", mappable, "mapped"],
    ["auto", compressed, "memfd"],
    ["mapped", mappable, "mapped"],
    ["mapped", compressed, "memfd"],
    ["memfd", mappable, "memfd"],
    ["extract", mappable, "extract"],
  ])("load: %s", async (load, bundle, tier) => {
    const { stdout, objects, tiers } = await run(here, load, bundle);
    expect(stdout).toBe("answer 42\n");
    expect(objects).toHaveLength(2);
    expect(tiers).toEqual([tier]);
  });

  // Skipped where the host refuses a tmpfs: what is said then has tests below.
  it.runIf(tmpfsHere)("load: tmpfs", async () => {
    const { stdout, tiers } = await run(here, "tmpfs", mappable);
    expect({ stdout, tiers }).toEqual({ stdout: "answer 42\n", tiers: ["tmpfs"] });
  });
});

describe("memfd_create refused", () => {
  // Skipped where the host refuses a tmpfs: "neither" below is that host.
  describe.runIf(tmpfsHere)("and a tmpfs allowed", () => {
    it.each(["EPERM", "ENOSYS"] as const)(
      "%s: auto takes the tmpfs, and says why",
      async (errno) => {
        const wrap = refusing({ call: "memfd_create", errno });
        for (const bundle of [mappable, compressed]) {
          const { stdout, objects, tiers } = await run(wrap, "auto", bundle);
          expect({ stdout, tiers }).toEqual({ stdout: "answer 42\n", tiers: ["tmpfs"] });
          for (const { reason } of objects) expect(reason).toContain("memfd_create");
        }
      },
    );
  });

  it.each(["memfd", "mapped"])("load: %s is an error that names what to do", async (load) => {
    const { stdout } = await run(noMemfd, load, mappable);
    expect(stdout).toMatch(/^ERR_INMEM_MEMFD .*\.so.*: memfd_create: Operation not permitted/);
    expect(stdout).toContain("inmem-python doctor");
  });

  it("and no tmpfs either: auto is an error too, and never extracts", async () => {
    const folder = tmpDir("nowhere");
    const { stdout } = await run(neither, "auto", mappable, {
      TMPDIR: folder,
      XDG_RUNTIME_DIR: folder,
    });
    expect(stdout).toMatch(/^ERR_INMEM_MEMFD .*\.so.*: memfd_create: Operation not permitted/);
    expect(stdout).toContain("inmem-python doctor");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("and no tmpfs either: extract works when it is asked for", async () => {
    const { stdout, tiers } = await run(neither, "extract", mappable);
    expect({ stdout, tiers }).toEqual({ stdout: "answer 42\n", tiers: ["extract"] });
  });
});

describe("a tmpfs refused", () => {
  it("load: tmpfs is an error that names the call and what to do; auto does not care", async () => {
    const { stdout } = await run(noTmpfs, "tmpfs", mappable);
    expect(stdout).toMatch(
      /^ERR_INMEM_LOAD_TIER .*fsopen: Operation not permitted.*user namespaces/,
    );
    expect((await run(noTmpfs, "auto", mappable)).tiers).toEqual(["mapped"]);
  });
});

describe("a sandbox that ends a process which calls fsopen", () => {
  it("load: tmpfs is an error, and the process lives", async () => {
    const { stdout } = await run(refusing({ call: "fsopen", errno: "KILL" }), "tmpfs", mappable);
    expect(stdout).toMatch(/^ERR_INMEM_LOAD_TIER .*SIGSYS/);
  });
});

describe("a bundle on a mount that is noexec", () => {
  const noexec = inNamespace(
    ["--mount"],
    `mount --bind /tmp /tmp
     mount -o remount,bind,noexec,nosuid,nodev /tmp
     mount -t tmpfs none /mnt`,
  );
  const obstacle = obstacleTo(noexec);

  // This one and the next: skipped where this user may not mount, not even in a namespace.
  it.skipIf(obstacle !== "")(`is not mapped but copied, and says why ${obstacle}`, async () => {
    for (const load of ["auto", "mapped"]) {
      const { stdout, objects, tiers } = await run(noexec, load, mappable);
      expect({ stdout, tiers }).toEqual({ stdout: "answer 42\n", tiers: ["memfd"] });
      for (const { reason } of objects) expect(reason).toMatch(/lets no code be mapped/);
    }
  });

  // As above.
  it.skipIf(obstacle !== "")("extract looks for another place, or names each", async () => {
    const { stdout } = await run(noexec, "extract", mappable);
    expect(stdout).toMatch(/^ERR_INMEM_\w+ .*\/tmp: mounted noexec/);
    const there = await run(noexec, "extract", mappable, { TMPDIR: "/mnt" });
    expect(there.stdout).toBe("answer 42\n");
  });
});

describe("load: extract", () => {
  const listed = py`
    import glob, os, sys
    import answer
    place = os.environ["TMPDIR"]
    folders = [path for path in glob.glob(place + "/*") if os.stat(path).st_mode & 0o77 == 0]
    print(len(folders), answer.value(), flush=True)
  `;
  const place = () => {
    const folder = join(tmpDir("extract"), "place");
    mkdirSync(folder);
    return folder;
  };
  const env = (folder: string) => ({ TMPDIR: folder, XDG_RUNTIME_DIR: "/no/such/place" });

  it.each([
    ["the program's end", ""],
    ["sys.exit", "sys.exit(0)"],
    ["an exception", "raise SystemExit(0)"],
  ])("removes its folder at %s", async (_, end) => {
    const folder = place();
    const { stdout } = await run(here, "extract", bundleOf(aligned, listed + end), env(folder));
    expect(stdout).toBe("1 42\n");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("removes its folder at process.exit() and at SIGTERM; what SIGKILL leaves goes with the next one", async () => {
    const folder = place();
    const waiting = bundleOf(
      aligned,
      `${listed}import time; print("ready", flush=True); time.sleep(60)`,
    );
    const end = async (signal: NodeJS.Signals) =>
      commandOn(here, ["run", "--load=extract", waiting], {
        env: env(folder),
        onSpawn(child) {
          child.stdout?.on("data", (text: string) => {
            if (text.includes("ready")) child.kill(signal);
          });
        },
      });
    expect((await end("SIGTERM")).stdout).toBe("1 42\nready\n");
    expect(readdirSync(folder)).toEqual([]);
    expect((await end("SIGKILL")).signal).toBe("SIGKILL");
    expect(readdirSync(folder)).toHaveLength(1);
    const { stdout } = await run(here, "extract", bundleOf(aligned, listed), env(folder));
    expect(stdout).toBe("1 42\n");
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a folder to extract to that is full", () => {
  const folder = join(tmpDir("full"), "place");
  mkdirSync(folder);
  const full = inNamespace(["--mount"], `mount -t tmpfs -o size=8k none ${folder}`);
  const obstacle = obstacleTo(full);

  // Skipped where this user may not mount, not even in a namespace.
  it.skipIf(obstacle !== "")(`the error says so ${obstacle}`, async () => {
    const env = { TMPDIR: folder, XDG_RUNTIME_DIR: "/no/such/place" };
    const { stdout } = await run(full, "extract", mappable, env);
    expect(stdout).toMatch(/^ERR_INMEM_LOAD_FAILED .*\.so.*No space left.*no room left for/);
  });
});

describe("an unprivileged user", () => {
  const nobody: Wrap = (words) => [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    ...words,
  ];
  chmodSync(dirname(mappable), 0o755);
  const readable = obstacleTo((words) => nobody(["test", "-r", mappable, ...words.slice(1)]));
  const report = obstacleTo(nobody) === "" && readable === "" ? "" : "cannot become nobody";

  // Skipped for users who cannot become nobody, and where nobody cannot reach the bundle's folder.
  it.skipIf(report !== "")(`has every tier ${report}`, async () => {
    for (const load of ["mapped", "memfd", "extract", ...(tmpfsHere ? ["tmpfs"] : [])]) {
      const { stdout, tiers } = await run(nobody, load, mappable);
      expect({ stdout, tiers }).toEqual({ stdout: "answer 42\n", tiers: [load] });
    }
  });
});

describe("os.fork() in the program", () => {
  const more = (name: string, value: number) => sharedObject(name, extensionSource(name, value));
  const forking = zipFile({
    "__main__.py": py`
      import os, sys
      import answer
      child = os.fork()
      if child == 0:
          import later
          print("child", answer.value(), later.value(), flush=True)
          os._exit(0)
      _, status = os.waitpid(child, 0)
      import later
      print("parent", status, answer.value(), later.value())
    `,
    [`answer${extensionSuffix}`]: answer,
    "answer.libs/libtierlow.so.1": low,
    [`later${extensionSuffix}`]: more("later", 7),
  });

  it.each(["auto", "memfd", "extract", ...(tmpfsHere ? ["tmpfs"] : [])])(
    "load: %s: parent and child load the same object later",
    async (load) => {
      const { stdout } = await run(here, load, forking);
      expect(stdout).toBe("child 42 7\nparent 0 42 7\n");
    },
  );
});

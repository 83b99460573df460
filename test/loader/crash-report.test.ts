// test/loader/crash-report.test.ts: a crash names the bundle's member, and ends the process as it would have.
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { spawnCommand, spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

const library = sharedObject(
  "libcrash",
  `#include <stdlib.h>
   #include <stdio.h>
   #include <pthread.h>
   void fault(void) { *(volatile int *)0x10 = 1; }
   void outer(void) { fault(); puts("not here"); }
   void divide(void) { volatile int zero = 0; zero = 100 / zero; }
   void illegal(void) { __builtin_trap(); }
   void give_up(void) { abort(); }
   void jump(void) { ((void (*)(void))0x20)(); }
   static void *body(void *unused) { outer(); return unused; }
   void in_thread(void) {
     pthread_t thread;
     pthread_create(&thread, 0, body, 0);
     pthread_join(thread, 0);
   }
   void all_at_once(void) {
     pthread_t threads[8];
     for (int i = 0; i < 8; i++) pthread_create(&threads[i], 0, body, 0);
     for (int i = 0; i < 8; i++) pthread_join(threads[i], 0);
   }`,
  ["-O0"],
);

const inConstructor = sharedObject(
  "libbegin",
  "__attribute__((constructor)) static void begin(void) { *(volatile int *)0x10 = 1; }",
);

const pageBytes = 4096;

const bundle = zipFile([
  {
    name: "__main__.py",
    data: py`
      import ctypes, os, sys
      library = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "pkg/libcrash.so"))
      if sys.argv[1] == "constructor":
          ctypes.CDLL(os.path.join(os.path.dirname(__file__), "pkg/libbegin.so"))
      getattr(library, sys.argv[1])()
    `,
  },
  { name: "pkg/libcrash.so", data: library, align: pageBytes },
  { name: "pkg/libbegin.so", data: inConstructor, method: 8 },
]);

async function crash(how: string, options: readonly string[] = ["--crash-report"]) {
  const { code, signal, stderr } = await spawnCommand(["run", ...options, bundle, how]);
  return { code, signal, stderr };
}

/** Members of the bundle that the frames name, in order. */
function frames(stderr: string): string[] {
  return [...stderr.matchAll(/^ {2}#\d+ +0x[0-9a-f]+ {2}(.*)\+0x[0-9a-f]+$/gm)]
    .map(([, path]) => path as string)
    .filter((path) => path.startsWith(bundle))
    .map((path) => path.slice(bundle.length + 1));
}

describe("a crash of a bundle's library", () => {
  it.each([
    ["outer", "SIGSEGV"],
    ["divide", "SIGFPE"],
    ["illegal", "SIGILL"],
    ["give_up", "SIGABRT"],
    ["in_thread", "SIGSEGV"],
  ])("%s: the report, then the signal", async (how, name) => {
    const { signal, stderr } = await crash(how);
    expect(signal).toBe(name);
    expect(stderr).toMatch(new RegExp(`^inmem-python: ${name}\\b.*process \\d+, thread \\d+`));
    expect(frames(stderr)[0]).toBe("pkg/libcrash.so");
  });

  it("tells the address, each frame of the library and those of the addon", async () => {
    const { stderr } = await crash("outer");
    expect(stderr).toMatch(/^inmem-python: SIGSEGV at address 0x10,/);
    expect(frames(stderr)).toEqual(["pkg/libcrash.so", "pkg/libcrash.so"]);
    expect(stderr).toMatch(/#2 .*\/inmem\.node\+0x/);
  });

  it("the offset is that of the function's code", async () => {
    const { stderr } = await crash("outer");
    const offset = Number(/libcrash\.so\+(0x[0-9a-f]+)/.exec(stderr)?.[1]);
    const { execFileSync } = await import("node:child_process");
    const { tmpFile } = await import("../helpers/tmp.js");
    const symbols = execFileSync("readelf", ["-Ws", tmpFile("libcrash.so", library)]).toString();
    const [, value, size] = /: ([0-9a-f]+) +(\d+) FUNC .* fault$/m.exec(symbols) ?? [];
    const begin = Number.parseInt(value as string, 16);
    expect(offset).toBeGreaterThanOrEqual(begin);
    expect(offset).toBeLessThan(begin + Number(size));
  });

  it.each(["memfd", "tmpfs", "extract"])("in the tier %s", async (tier) => {
    const { signal, stderr } = await crash("outer", ["--crash-report", "--load", tier]);
    expect(signal).toBe("SIGSEGV");
    expect(frames(stderr)).toEqual(["pkg/libcrash.so", "pkg/libcrash.so"]);
  });

  it("in a constructor", async () => {
    const { signal, stderr } = await crash("constructor");
    expect(signal).toBe("SIGSEGV");
    expect(frames(stderr)[0]).toBe("pkg/libbegin.so");
  });

  it("a jump to where no code is", async () => {
    const { signal, stderr } = await crash("jump");
    expect(signal).toBe("SIGSEGV");
    expect(stderr).toMatch(/ 0x20 {2}\(nothing is mapped here\)/);
    expect(frames(stderr)).toEqual(["pkg/libcrash.so"]);
  });

  it("threads that crash at once make one report", async () => {
    const { signal, stderr } = await crash("all_at_once");
    expect(signal).toBe("SIGSEGV");
    expect(stderr.match(/^inmem-python: /gm)).toHaveLength(1);
    expect(frames(stderr)[0]).toBe("pkg/libcrash.so");
  });

  it("unasked, nothing is written", async () => {
    expect(await crash("outer", [])).toEqual({ code: null, signal: "SIGSEGV", stderr: "" });
  });
});

describe("signals that are not a bundle's", () => {
  // (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
  const wasm = `
    require("inmem-python").enableCrashReport();
    require("inmem-python").enableCrashReport(); // twice is once
    const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,6,1,96,1,127,1,127,3,2,1,0,5,3,1,0,1,
      7,5,1,1,102,0,0,10,9,1,7,0,32,0,40,2,0,11]);
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
    for (let i = 0; i < 3; i++) {
      try { f(0x7ffffff0); } catch (error) { console.log(error instanceof WebAssembly.RuntimeError); }
    }
  `;

  it("a trap of WebAssembly is a RuntimeError, and no crash", async () => {
    expect(await spawnNode(wasm)).toMatchObject({
      code: 0,
      stdout: "true\ntrue\ntrue\n",
      stderr: "",
    });
  });

  it.each(["SIGSEGV", "SIGBUS", "SIGABRT"] as const)("%s sent to the process", async (name) => {
    const source = `${wasm}; process.kill(process.pid, "${name}"); setTimeout(() => {}, 9e4);`;
    const { signal, stderr } = await spawnNode(source);
    expect(signal).toBe(name);
    expect(stderr).toMatch(new RegExp(`^inmem-python: ${name}, process`));
    expect(stderr).toMatch(/#\d+ .*\/node\+0x/);
  });
});

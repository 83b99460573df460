// test/run/inputs.test.ts: what run() takes as a bundle and as options; the doors of the package.
import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { writeWheel } from "../bundle/support.js";
import { api, bundleOf, py, runPython } from "../helpers/python.js";
import { packageRoot, spawnNode, spawnProcess } from "../helpers/spawn-node.js";
import { tmpDir, tmpFile } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

const hello = { "__main__.py": "import mod; print(mod.X, __file__)", "mod.py": "X = 'hello'" };

describe("the bundle", () => {
  it("is an absolute path, or one from the working directory", async () => {
    const path = zipFile(hello);
    expect((await runPython(path)).stdout).toBe(`hello ${path}/__main__.py\n`);
    const relative = `const { run } = require("inmem-python");
      run("app.pyz", { stdout: (c) => process.stdout.write(c) });`;
    const cwd = join(path, "..");
    expect((await spawnNode(relative, { cwd })).stdout).toBe(`hello ${path}/__main__.py\n`);
  });

  it("runs where the working directory is gone, but not by a relative path", async () => {
    const path = zipFile({ "__main__.py": "print('there')" });
    const { code, stdout, stderr } = await spawnNode(
      `const { run, start } = require("inmem-python");
       const { mkdtempSync, rmdirSync } = require("node:fs");
       process.chdir(mkdtempSync(require("node:path").join(require("node:os").tmpdir(), "inmem-gone-")));
       rmdirSync(process.cwd());
       (async () => {
         const stdout = (chunk) => process.stdout.write(chunk);
         const path = ${JSON.stringify(path)};
         await run(path, { stdout });
         await run(path, { stdout, process: true });
         await run("app.pyz").catch(({ code }) => console.log(code));
         console.log((await start()).runPython("1 + 1"));
         process.exit();
       })();`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("there\nthere\nERR_INMEM_NOT_FOUND\n2\n");
  });

  it("is a file: URL, with what it escapes", async () => {
    const path = tmpFile("ünï %20 #.pyz", bundleOf(hello));
    expect((await runPython(pathToFileURL(path))).stdout).toBe(`hello ${path}/__main__.py\n`);
  });

  it("is reached through a symbolic link", async () => {
    const link = join(tmpDir(), "link.pyz");
    symlinkSync(zipFile(hello), link);
    expect((await runPython(link)).stdout).toBe(`hello ${link}/__main__.py\n`);
  });

  it("is a Buffer or a Uint8Array, also a part of a larger one", async () => {
    const bytes = bundleOf(hello);
    expect((await runPython(bytes)).stdout).toMatch(/^hello \/proc\/inmem\/.*__main__\.py\n$/);
    const large = new Uint8Array(bytes.length + 200).fill(7);
    large.set(bytes, 100);
    const part = large.subarray(100, 100 + bytes.length);
    const { stdout } = await runPython(part);
    expect(stdout).toMatch(/^hello /);
  });

  it("is bytes of a SharedArrayBuffer; a detached buffer is an empty one", async () => {
    const bytes = bundleOf(hello);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect((await runPython(shared)).stdout).toMatch(/^hello /);
    const detached = new Uint8Array(bytes);
    structuredClone(detached, { transfer: [detached.buffer] });
    await expect(api.run(detached)).rejects.toMatchObject({ code: "ERR_INMEM_NOT_ZIP" });
  });

  it("that is a Buffer may be changed after run() began", async () => {
    const bytes = bundleOf({
      "__main__.py": "import time; time.sleep(0.2); import late; print(late.X)",
      "late.py": "X = 'intact'",
    });
    const promise = runPython(bytes);
    bytes.fill(0);
    expect((await promise).stdout).toBe("intact\n");
  });

  it("is a folder of wheels: all are on the path", async () => {
    const folder = tmpDir();
    await writeWheel(folder, "aaa", { "aaa/__init__.py": "import bbb; X = bbb.Y" });
    await writeWheel(folder, "bbb", { "bbb/__init__.py": "Y = 42" });
    await writeWheel(folder, "ccc", {
      "ccc/__main__.py": "import aaa; print(aaa.X, aaa.__file__)",
    });
    const { stdout } = await runPython(folder, { module: "ccc" });
    expect(stdout).toBe(`42 ${folder}/aaa-1.0-py3-none-any.whl/aaa/__init__.py\n`);
  });

  it("is a folder with a __main__.py: runs from disk, the wheels in it are on the path", async () => {
    const folder = tmpDir();
    await writeWheel(folder, "aaa", { "aaa/__init__.py": "X = 42" });
    writeFileSync(join(folder, "other.py"), "import aaa; Y = aaa.X + 1");
    writeFileSync(
      join(folder, "__main__.py"),
      "import other, aaa; print(other.Y, other.__file__, aaa.__file__, __file__)",
    );
    const wheel = `${folder}/aaa-1.0-py3-none-any.whl/aaa/__init__.py`;
    const expected = `43 ${folder}/other.py ${wheel} ${folder}/__main__.py\n`;
    expect((await runPython(folder)).stdout).toBe(expected);
    expect(existsSync(join(folder, "__pycache__"))).toBe(false);
  });

  it("is a wheel, with its module named", async () => {
    const wheel = await writeWheel(tmpDir(), "tool", { "tool/__main__.py": "print('wheel')" });
    expect((await runPython(wheel, { module: "tool" })).stdout).toBe("wheel\n");
  });

  it("may have any name, or none that ends in .pyz", async () => {
    const path = join(tmpDir(), "no extension");
    copyFileSync(zipFile(hello), path);
    expect((await runPython(path)).stdout).toContain("hello");
  });
});

describe("misuse", () => {
  it.each([
    [undefined, /bundle.*undefined/],
    [null, /bundle.*null/],
    [42, /bundle.*42 of type number/],
    [{}, /bundle.*object/],
    ["", /bundle.*""/],
    ["a\0b", /NUL/],
    [new ArrayBuffer(9), /bundle.*ArrayBuffer/],
    [new Uint16Array(9), /bundle.*Uint16Array/],
    [[bundleOf("print(1)")], /bundle.*\[object Array\] of type object$/],
    ["x".repeat(1e6).concat("\0"), /NUL/],
    [new URL("http://example.com/app.pyz"), /file/i],
  ])("of the bundle: %s is a TypeError", async (bundle, message) => {
    const promise = api.run(bundle as string);
    await expect(promise).rejects.toBeInstanceOf(TypeError);
    await expect(promise).rejects.toThrow(message);
  });

  it.each([
    [{ args: "x" }, /array of strings for args but received "x" of type string/],
    [{ args: [1] }, /args.*1 of type number/],
    [{ args: [null] }, /args.*null/],
    [{ args: ["a\0b"] }, /NUL in args/],
    [{ argv: [] }, /unknown option argv.*did you mean args/],
    [{ env: "x" }, /object for env/],
    [{ env: { A: 1 } }, /string for env\.A but received 1 of type number/],
    [{ env: { A: null } }, /env\.A.*null/],
    [{ env: { "": "x" } }, /env/],
    [{ env: { "A=B": "x" } }, /env.*A=B/],
    [{ env: { A: "x\0y" } }, /NUL/],
    [{ cwd: 3 }, /string for cwd but received 3 of type number/],
    [{ cwd: "" }, /cwd/],
    [{ env: ["A=1"] }, /object for env/],
    [{ module: "" }, /module/],
    [{ module: ["x"] }, /module/],
    [{ stdin: 3 }, /stdin.*3 of type number/],
    [{ stdin: null }, /stdin.*null/],
    [{ stdin: {} }, /stdin/],
    [{ stdin: { text: 3 } }, /stdin/],
    [{ stdout: "ignore" }, /stdout.*"ignore"/],
    [{ stdout: null }, /stdout.*null/],
    [{ stderr: {} }, /stderr/],
    [{ signal: {} }, /AbortSignal for signal/],
    [{ signal: "SIGINT" }, /AbortSignal for signal but received "SIGINT"/],
    [{ abortGraceMs: "5" }, /number for abortGraceMs but received "5" of type string/],
    [{ load: "fast" }, /load.*"fast"/],
    [{ load: 1 }, /load/],
    [{ pin: 1 }, /pin/],
    [{ pin: true, load: "extract" }, /pin.*sealed copies/],
    [{ hostLibraries: "libx.so" }, /hostLibraries/],
    [{ hostLibraries: [1] }, /hostLibraries/],
    [{ queue: 1 }, /boolean for queue but received 1 of type number/],
    [null, /options.*null/],
    ["x", /options/],
  ])(
    "of the options: %j is a TypeError that names found and expected",
    async (options, message) => {
      const promise = api.run(bundleOf("print(1)"), options as never);
      await expect(promise).rejects.toBeInstanceOf(TypeError);
      await expect(promise).rejects.toThrow(message);
    },
  );

  it.each([-1, Number.NaN, Number.NEGATIVE_INFINITY])(
    "abortGraceMs %d is a RangeError",
    async (ms) => {
      const promise = api.run(bundleOf("print(1)"), { abortGraceMs: ms });
      await expect(promise).rejects.toBeInstanceOf(RangeError);
      await expect(promise).rejects.toThrow(`received ${ms}`);
    },
  );

  it("of an option whose value cannot be shown is a TypeError too", async () => {
    const odd = Object.create(null);
    await expect(api.run(bundleOf("1"), { args: odd })).rejects.toThrow(/args.*\[object Object\]/);
    await expect(api.run(bundleOf("1"), { cwd: Symbol("s") as never })).rejects.toBeInstanceOf(
      TypeError,
    );
  });

  it("is told by a rejection, never by a throw, and nothing runs", async () => {
    for (const options of [{ args: 1 }, { abortGraceMs: -1 }, { frob: 1 }]) {
      expect(api.run(bundleOf("1"), options as never).catch(() => "rejected")).toBeInstanceOf(
        Promise,
      );
    }
    expect((await runPython("print('fine')")).stdout).toBe("fine\n");
  });

  it("undefined stands for an option that is not given", async () => {
    const options = { args: undefined, env: undefined, cwd: undefined, module: undefined };
    const more = { stdin: undefined, signal: undefined, abortGraceMs: undefined, load: undefined };
    const { stdout } = await runPython("print('ok')", {
      ...options,
      ...more,
      queue: undefined,
    } as never);
    expect(stdout).toBe("ok\n");
  });
});

describe("the package", () => {
  it("tells its versions", () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
    expect(api.version.inmem).toBe(version);
    expect(api.version.python).toMatch(/^3\.13\.\d+$/);
    expect(api.version.openssl).toMatch(/^OpenSSL 3\.\d+\.\d+ /);
    expect(api.version.sqlite).toMatch(/^3\.\d+\.\d+$/);
    expect(api.version.zlib).toMatch(/^1\.\d/);
    expect(inspect(api.version)).toContain(`inmem: '${version}'`);
  });

  it("is supported here", () => {
    expect(api.isSupported()).toBe(true);
  });

  it.each([
    ["platform", "darwin"],
    ["platform", "win32"],
    ["arch", "arm64"],
  ])(
    "isSupported() is false, and require() does not throw, where process.%s is %s",
    async (what, value) => {
      const source = `
      Object.defineProperty(process, ${JSON.stringify(what)}, { value: ${JSON.stringify(value)} });
      const { isSupported, run } = require("inmem-python");
      console.log(isSupported());
      run("x.pyz").catch((error) => console.log(error.code, error.message));`;
      const { stdout, stderr } = await spawnNode(source);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^false\nERR_INMEM_UNSUPPORTED_PLATFORM /);
      expect(stdout).toContain(value);
    },
  );

  it("is the same for import and require", async () => {
    const source = py`
      import * as esm from "inmem-python";
      import { createRequire } from "node:module";
      const cjs = createRequire(import.meta.url)("inmem-python");
      const names = Object.keys(cjs).sort();
      console.log(names.join());
      console.log(Object.keys(esm).sort().join() === names.join());
      console.log(names.every((name) => esm[name] === cjs[name]));
    `;
    const args = ["--input-type=module", "-e", source];
    const { stdout, stderr } = await spawnProcess(process.execPath, args, { cwd: packageRoot });
    expect(stderr).toBe("");
    expect(stdout).toBe(
      "InmemError,PyProxy,PythonError,audit,bundle,bytes,enableCrashReport,hostReport,isPyProxy,isSupported,keygen,kwargs,loadSharedObject,mount,run,sharedObjects,sign,start,tuple,types,unmount,verify,version,writeSymbols\ntrue\ntrue\n",
    );
  });

  it("does not start Python, nor load the binary, when it is required", async () => {
    const source = `require("inmem-python");
      const maps = require("node:fs").readFileSync("/proc/self/maps", "utf8");
      console.log(maps.includes("inmem.node"), process.getActiveResourcesInfo().length);`;
    expect((await spawnNode(source)).stdout).toMatch(/^false /);
  });
});

// test/trust/run.test.ts: run() with `verify`: no content is used that is not what was signed, whenever it was changed.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { crc32 } from "../../lib/bundle/crc32.js";
import { writeWheel } from "../bundle/support.js";
import { failPython, py, runPython } from "../helpers/python.js";
import { extensionSource, extensionSuffix, sharedObject } from "../helpers/shared-object.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { bytecode, type Contents, forgeCrc, type Keys, makeKeys, signedBundle } from "./support.js";

let keys: Keys;
beforeAll(() => {
  keys = makeKeys();
});

/** Changes a byte of what a search finds in the file, in place; the CRC-32 beside it is not. */
function spoil(path: string, text: string | Buffer): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

/** Runs what must be ended by a changed content; gives what was printed. */
async function failing(path: string, options: object = {}): Promise<string> {
  const { error, stdout } = await failPython(path, { verify: keys.public, ...options });
  expect(error.code).toBe("ERR_INMEM_BAD_DIGEST");
  expect(error.name).toBe("InmemError");
  return stdout;
}

describe("a content that was changed before the run", () => {
  it("ends it when it is read; what comes before it runs", async () => {
    const contents = {
      "__main__.py": "print('begun', flush=True)\nimport later\n",
      "later.py": "marker = 1\n",
    };
    const path = await signedBundle(contents, keys);
    spoil(path, "marker");
    expect(await failing(path)).toBe("begun\n");
    expect(await failing(path)).toBe("begun\n");
    const whole = await signedBundle(contents, keys);
    expect(await runPython(whole, { verify: keys.public })).toMatchObject({ stdout: "begun\n" });
    expect(await failing(path, { verifyFull: true })).toBe("");
    expect(await failing(path, { process: true })).toBe("begun\n");
    expect(await failing(path, { process: true, verifyFull: true })).toBe("");
    // The next run begins afresh, and a bundle that is whole runs.
    const good = await signedBundle({ "__main__.py": "print('good')\n" }, keys);
    expect(await runPython(good, { verify: keys.public })).toMatchObject({ stdout: "good\n" });
  });

  it("is found though its CRC-32 was forged: data, and a library", async () => {
    const library = sharedObject("libforged", "int value(void) { return 424242; }");
    const contents = {
      "__main__.py": py`
        import ctypes, os, sys
        folder = os.path.dirname(__file__)
        if sys.argv[1] == "data":
            print(open(folder + "/data.bin", encoding="latin-1").read())
        else:
            print(ctypes.CDLL(folder + "/libforged.so").value())
      `,
      "data.bin": "marker, four bytes:    ",
      "libforged.so": Buffer.concat([library, Buffer.alloc(4)]),
    };
    const spoils = {
      "data.bin": (bytes: Buffer) => bytes.write("M"),
      "libforged.so": (bytes: Buffer) => {
        const code = Buffer.alloc(4);
        code.writeUInt32LE(424242);
        bytes.writeUInt32LE(666, bytes.indexOf(code));
      },
    };
    for (const [name, change] of Object.entries(spoils)) {
      const path = await signedBundle(contents, keys);
      const whole = readFileSync(path);
      const content = Buffer.from(contents[name as keyof typeof spoils]);
      const at = whole.indexOf(content);
      const forged = Buffer.from(content);
      change(forged);
      forgeCrc(forged, forged.length - 4, crc32(content));
      expect(crc32(forged)).toBe(crc32(content));
      forged.copy(whole, at);
      writeFileSync(path, whole);
      const args = [name === "data.bin" ? "data" : "library"];
      // Without a verification nobody notices.
      expect((await runPython(path, { args, process: true })).stdout).toMatch(/^(666|Marker)/);
      const { error, stdout } = await failPython(path, { args, verify: keys.public });
      expect({ code: error.code, stdout }).toEqual({ code: "ERR_INMEM_BAD_DIGEST", stdout: "" });
      expect(error.message).toContain(`${name}: SHA-256 `);
    }
  });

  it("does not fall back from bytecode to source", async () => {
    const source = "print('a module that was changed')\n";
    const pyc = bytecode(source);
    const path = await signedBundle(
      { "__main__.py": "import mod\n", "mod.py": source, "mod.pyc": pyc },
      keys,
    );
    const marker = Buffer.from("module that was");
    const at = readFileSync(path).lastIndexOf(marker);
    const bytes = readFileSync(path);
    bytes[at] = 0x4d;
    writeFileSync(path, bytes);
    expect(await failing(path)).toBe("");
  });

  it("gives out no byte of it, not even the first ones alone", async () => {
    const contents = {
      "__main__.py":
        "import _inmem, os\nprint(_inmem.start(os.path.dirname(__file__) + '/data', 9))\n",
      data: "the marker, stored",
    };
    const path = await signedBundle(contents, keys);
    expect((await runPython(path)).stdout).toBe("b'the marke'\n");
    spoil(path, "marker, stored");
    expect(await failing(path)).toBe("");
  });

  it("ends the run though the program catches all that it can", async () => {
    const path = await signedBundle(
      {
        "__main__.py": py`
          import sys
          for name in ("one", "two", "one"):
              try:
                  __import__(name)
                  print("imported", name)
              except BaseException as error:
                  print(type(error).__name__)
          try:
              import os
              open(os.path.dirname(__file__) + "/data.txt").read()
          except BaseException as error:
              print(type(error).__name__)
          sys.exit(0)
        `,
        "one.py": "marker = 1\n",
        "two.py": "x = 1\n",
        "data.txt": "data",
      },
      keys,
    );
    spoil(path, "marker");
    const lines = (await failing(path)).trim().split("\n");
    // Nothing of the bundle is given out any more.
    expect(new Set(lines.slice(0, 3))).toEqual(new Set(["VerificationError"]));
    expect(lines).not.toContain("imported two");
  });

  it("is found by C code's open, by another thread, and by get_data", async () => {
    const main = py`
      import os, sys, threading, time
      folder = os.path.dirname(__file__)
      def read():
          try:
              open(folder + "/pkg/data.txt").read()
              print("read")
          except OSError:
              pass
      how = sys.argv[1]
      if how == "open":
          read()
      elif how == "thread":
          threading.Thread(target=read).start()
          time.sleep(0.05)
          for _ in range(600):
              time.sleep(0.1)
      else:
          import pkgutil
          try:
              pkgutil.get_data("pkg", "data.txt")
          except Exception:
              print("caught")
      for _ in range(10):
          pass
      print("went on")
    `;
    const contents = { "__main__.py": main, "pkg/__init__.py": "", "pkg/data.txt": "marker" };
    for (const how of ["open", "thread", "get_data"]) {
      const path = await signedBundle(contents, keys);
      spoil(path, "marker");
      expect(await failing(path, { args: [how] }), how).toBe("");
    }
  });
});

describe("a bundle that is exchanged or rewritten while it runs", () => {
  const program = (change: string): Contents => ({
    "__main__.py": py`
      import os, sys
      path = os.path.dirname(__file__)
      import early
      ${change}
      import late
    `,
    "early.py": "print('early', flush=True)\n",
    "late.py": "print('late as signed', flush=True)\n",
  });

  it("rewritten in place: what was changed is not used", async () => {
    const path = await signedBundle(
      program('data = open(path, "rb").read(); open(path, "wb").write(data.replace(b"as", b"AS"))'),
      keys,
    );
    expect(await failing(path)).toBe("early\n");
  });

  it("truncated: what is gone ends the run", async () => {
    const path = await signedBundle(program('open(path, "wb").close()'), keys);
    expect(await failing(path)).toBe("early\n");
  });

  it("exchanged by rename: the run goes on with the file that was checked", async () => {
    const other = await signedBundle({ "__main__.py": "print('other')\n" }, makeKeys());
    const path = await signedBundle(program("os.replace(sys.argv[1], path)"), keys);
    const ran = await runPython(path, { verify: keys.public, args: [other] });
    expect(ran.stdout).toBe("early\nlate as signed\n");
    const { error } = await failPython(path, { verify: keys.public });
    expect(error.code).toBe("ERR_INMEM_BAD_SIGNATURE");
  });

  it("a library: loaded from a sealed copy, which no later change reaches", async () => {
    const library = sharedObject(
      "libsigned",
      `__asm__(".section .rodata\\n.balign 4096\\ntable: .fill 65536, 8, 3\\n.previous");
       extern const unsigned char table[] __attribute__((visibility("hidden")));
       long sum(void) { long s = 0; for (long i = 0; i < 524288; i += 64) s += table[i]; return s; }`,
    );
    const contents = {
      "__main__.py": py`
        import ctypes, os
        path = os.path.dirname(__file__)
        total = ctypes.CDLL(path + "/libsigned.so").sum
        with open(path, "r+b") as file:
            at = file.read().index((3).to_bytes(8, "little") * 1024)
            file.seek(at)
            file.write(bytes(524288))
        print(total())
      `,
      "libsigned.so": library,
    };
    const path = await signedBundle(contents, keys);
    const { code, stdout, stderr } = await spawnNode(
      `const { run, sharedObjects } = require("inmem-python");
       run(process.argv[2], { verify: process.argv[3] }).then(() => {
         console.log(sharedObjects().map(({ tier, reason }) => tier + ": " + reason).join());
       });`,
      { args: [path, keys.public] },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`${3 * 8192}\nmemfd: the bundle's contents are verified\n`);
    expect(await failing(path)).toBe(""); // it is changed now, and read again
  });

  it("an extension module that was changed is not loaded, nor what stands in for it", async () => {
    const name = `_speed${extensionSuffix}`;
    const path = await signedBundle(
      {
        "__main__.py": py`
          try:
              import _speed
          except ImportError:
              import slow
        `,
        [name]: sharedObject("_speed", extensionSource("_speed", 424242)),
        "slow.py": "print('fell back', flush=True)\n",
      },
      keys,
    );
    expect(await runPython(path, { verify: keys.public })).toMatchObject({ stdout: "" });
    spoil(path, Buffer.from("_speed\0"));
    expect(await failing(path, { process: true })).toBe("");
  });
});

describe("what a verified run reaches", () => {
  it("children verify the bundle, and end by a change", async () => {
    const path = await signedBundle(
      {
        "__main__.py": py`
          import os, subprocess, sys
          bundle = os.path.dirname(__file__)
          words = [sys.executable, "-c", "import child"]
          ended = subprocess.run(words, capture_output=True, text=True)
          print(ended.returncode, ended.stdout.strip(), flush=True)
          data = open(bundle, "rb").read()
          open(bundle, "wb").write(data.replace(b"in a child", b"IN A CHILD"))
          ended = subprocess.run(words, capture_output=True, text=True)
          print(ended.returncode, ended.stdout.strip(), ended.stderr.split(":")[1].strip())
          open(bundle, "wb").write(data[:-1])
          ended = subprocess.run(words, capture_output=True, text=True)
          print(ended.returncode, ended.stdout.strip(), ended.stderr.split(":")[1].strip())
        `,
        "child.py": "print('in a child')\n",
      },
      keys,
    );
    for (const process of [false, true]) {
      const copy = join(tmpDir(), "copy.pyz");
      copyFileSync(path, copy);
      const { stdout } = await runPython(copy, { verify: keys.public, process });
      expect(stdout.split("\n")).toEqual([
        "0 in a child",
        "2  ERR_INMEM_BAD_DIGEST",
        "2  ERR_INMEM_NOT_ZIP",
        "",
      ]);
    }
  });

  it("a bundle from memory, in this process and in its own", async () => {
    const path = await signedBundle({ "__main__.py": "print('from memory')\n" }, keys);
    const bytes = readFileSync(path);
    const bent = Buffer.concat([bytes, Buffer.from("x")]);
    for (const process of [false, true]) {
      const options = { verify: keys.public, process };
      expect(await runPython(bytes, options)).toMatchObject({ stdout: "from memory\n" });
      expect((await failPython(bent, options)).error.code).toBe("ERR_INMEM_NOT_AS_SIGNED");
    }
  });

  it("refuses a folder, and archives that are mounted unsigned", async () => {
    const folder = tmpDir();
    writeFileSync(join(folder, "__main__.py"), "print('ran')\n");
    const wheel = await writeWheel(tmpDir(), "extra", { "extra.py": "x = 1\n" });
    for (const process of [false, true]) {
      const { error, stdout } = await failPython(folder, { verify: keys.public, process });
      expect({ code: error.code, stdout }).toEqual({ code: "ERR_INMEM_UNSIGNED", stdout: "" });
    }
    const path = await signedBundle(
      { "__main__.py": "import sys, inmem\ninmem.mount(sys.argv[1])\nprint('mounted')\n" },
      keys,
    );
    const { error, stdout } = await failPython(path, { verify: keys.public, args: [wheel] });
    expect({ code: error.code, stdout }).toEqual({ code: "ERR_INMEM_UNSIGNED", stdout: "" });
    const signed = await signedBundle({ "extra.py": "x = 1\n" }, keys);
    const ran = await runPython(path, { verify: keys.public, args: [signed] });
    expect(ran.stdout).toBe("mounted\n");
  });

  it("a run without `verify` takes the bundle as it is, before and after one with it", async () => {
    const path = await signedBundle({ "__main__.py": "print('x')\n", "unread.py": "marker" }, keys);
    spoil(path, "marker");
    for (const verify of [undefined, keys.public, undefined]) {
      expect(await runPython(path, verify === undefined ? {} : { verify })).toMatchObject({
        stdout: "x\n",
      });
    }
  });

  it("gets no module that an unverified run of the process has left", async () => {
    const contents = {
      "__main__.py": "import left\nprint(left.word)\n",
      "left.py": "word = 'signed'\n",
    };
    const path = await signedBundle(contents, keys);
    const program = {
      "__main__.py": "import left\nleft.word = 'left behind'\n",
      "left.py": contents["left.py"],
    };
    await runPython(await signedBundle(program, keys));
    expect((await runPython(path)).stdout).toBe("left behind\n");
    expect((await runPython(path, { verify: keys.public })).stdout).toBe("signed\n");
  });

  it("wrong options are told", async () => {
    const path = await signedBundle({ "__main__.py": "print('x')\n" }, keys);
    expect((await failPython(path, { verifyFull: true })).error).toBeInstanceOf(TypeError);
    expect((await failPython(path, { verify: 1 as never })).error).toBeInstanceOf(TypeError);
    expect((await failPython(path, { verify: keys.private })).error.code).toBe("ERR_INMEM_KEY");
  });
});

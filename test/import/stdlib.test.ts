// test/import/stdlib.test.ts: the whole standard library imports, or is a documented absence; linked libraries are the right ones.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failPython, jsonOf, py, runPython } from "../helpers/python.js";
import { packageRoot } from "../helpers/spawn-node.js";

describe("the standard library", () => {
  it("imports, every module of sys.stdlib_module_names, or says why not", async () => {
    const source = py`
      import importlib, json, sys, io, contextlib, warnings
      warnings.simplefilter("ignore")
      missing, count = {}, 0
      for name in sorted(sys.stdlib_module_names):
          if name in ("antigravity", "this"): continue
          try:
              with contextlib.redirect_stdout(io.StringIO()): importlib.import_module(name)
              count += 1
          except BaseException as e: missing[name] = f"{type(e).__name__}: {e}"
      print(json.dumps([count, missing]))
    `;
    const [count, missing] = await jsonOf<[number, Record<string, string>]>(source);
    expect(count).toBeGreaterThan(270);
    const document = readFileSync(join(packageRoot, "docs", "import-semantics.md"), "utf8");
    // Not for this system: absent in every Python on Linux.
    const foreign = "_overlapped _scproxy _winapi _wmi msvcrt nt winreg winsound _ios_support";
    const absent = Object.keys(missing).filter((name) => !foreign.split(" ").includes(name));
    for (const name of absent) {
      expect(document, `${name}: ${missing[name]}`).toContain(`\`${name}\``);
      expect(missing[name]).toMatch(/^ModuleNotFoundError: No module named '\w+': \w/);
    }
    expect(absent.sort()).toEqual([
      "_dbm",
      "_gdbm",
      "_tkinter",
      "idlelib",
      "tkinter",
      "turtle",
      "turtledemo",
    ]);
  });

  it.each([
    ["_tkinter", /Tcl\/Tk is not part of this build/],
    ["tkinter", /Tcl\/Tk is not part of this build/],
    ["turtle", /Tcl\/Tk is not part of this build/],
    ["_gdbm", /GPL.*dbm\.sqlite3/],
    ["dbm.gnu", /GPL.*dbm\.sqlite3/],
    ["_dbm", /dbm\.sqlite3/],
  ])("import %s says why it is absent", async (name, message) => {
    const { error } = await failPython(`import ${name}`);
    expect(error.type).toBe("ModuleNotFoundError");
    expect(error.message).toMatch(message);
  });

  it("has submodules of packages too: a walk imports them all", async () => {
    const source = py`
      import importlib, json, pkgutil, sys, io, contextlib, warnings
      warnings.simplefilter("ignore")
      failed, count = {}, 0
      for top in ("asyncio collections concurrent ctypes curses dbm email encodings html http importlib json logging multiprocessing "
                  "os pathlib pydoc_data re sqlite3 sysconfig tomllib unittest urllib venv wsgiref xml xmlrpc zipfile zoneinfo").split():
          package = importlib.import_module(top)
          for m in pkgutil.walk_packages(getattr(package, "__path__", []), top + "."):
              if m.name.endswith("__main__") or "windows" in m.name or m.name in ("encodings.mbcs", "encodings.oem", "dbm.gnu", "dbm.ndbm"): continue
              try:
                  with contextlib.redirect_stdout(io.StringIO()): importlib.import_module(m.name)
                  count += 1
              except BaseException as e: failed[m.name] = f"{type(e).__name__}: {e}"
      print(json.dumps([count, failed]))
    `;
    const [count, failed] = await jsonOf<[number, Record<string, string>]>(source);
    expect(Object.keys(failed).filter((name) => !/popen_spawn_win32|_wmi/.test(name))).toEqual([]);
    expect(count).toBeGreaterThan(300);
  });

  it("has no module of the stdlib from disk", async () => {
    const source = py`
      import importlib, sys, json
      for name in ("asyncio", "ctypes", "sqlite3", "ssl", "lzma", "bz2", "zlib", "uuid", "readline", "curses", "decimal", "_socket", "zoneinfo", "hashlib", "multiprocessing"):
          importlib.import_module(name)
      print(json.dumps([n for n, m in sys.modules.items() if (f := getattr(m, "__file__", None)) and not f.startswith("/proc/inmem/")]))
    `;
    expect(await jsonOf(source)).toEqual([]);
  });

  it("tells its configuration: sysconfig, platform, zoneinfo", async () => {
    const source = py`
      import json, sysconfig, platform, zoneinfo, datetime, sys, os, site
      print(json.dumps([sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_config_var("SOABI"), sysconfig.get_platform(), platform.python_implementation(),
          platform.python_version() == sys.version.split()[0], len(sysconfig.get_config_vars()) > 500, sys.flags.utf8_mode, sys.prefix == sys.exec_prefix]))
    `;
    expect(await jsonOf(source)).toEqual([
      ".cpython-313-x86_64-linux-gnu.so",
      "cpython-313-x86_64-linux-gnu",
      "linux-x86_64",
      "CPython",
      true,
      true,
      1,
      true,
    ]);
  });
});

describe("linked libraries, inside Node", () => {
  it("are those that python.json names, and not Node's own", async () => {
    const cache = readFileSync(join(packageRoot, "build", "CMakeCache.txt"), "utf8");
    const dir = /^INMEM_PYTHON_DIR:PATH=(.+)$/m.exec(cache)?.[1] ?? "";
    const manifest = JSON.parse(readFileSync(join(dir, "python.json"), "utf8"));
    const linked: Record<string, string> = {};
    for (const { name, version } of manifest.libraries) linked[name] = version;
    const source = py`
      import json, ssl, zlib, sqlite3, bz2, lzma, pyexpat, _ctypes
      print(json.dumps(dict(openssl=ssl.OPENSSL_VERSION, zlib=zlib.ZLIB_RUNTIME_VERSION, sqlite=sqlite3.sqlite_version, expat=pyexpat.EXPAT_VERSION)))
    `;
    const seen = await jsonOf<Record<string, string>>(source);
    expect(seen["openssl"]).toMatch(new RegExp(`^OpenSSL ${linked["openssl"]} `));
    expect(seen["zlib"]).toBe(linked["zlib"]);
    expect(seen["sqlite"]).toBe(linked["sqlite3"] ?? linked["sqlite"]);
    expect(seen["openssl"]).not.toContain(`OpenSSL ${process.versions.openssl.split("+")[0]} `);
    expect(process.versions["zlib"]).not.toBe(seen["zlib"]);
  });

  it("work beside Node's: TLS, hashes, compression on both sides in one process", async () => {
    const { createHash } = await import("node:crypto");
    const { gzipSync, gunzipSync } = await import("node:zlib");
    const source = py`
      import gzip, hashlib, sys, base64
      data = base64.b64decode(sys.argv[1])
      text = gzip.decompress(data)
      print(text.decode(), hashlib.sha256(text).hexdigest(), hashlib.new("sha3_512", text).hexdigest()[:16], base64.b64encode(gzip.compress(text)).decode())
    `;
    const { stdout } = await runPython(source, { args: [gzipSync("text").toString("base64")] });
    const [text, sha, sha3, packed] = stdout.trim().split(" ");
    expect([text, sha]).toEqual(["text", createHash("sha256").update("text").digest("hex")]);
    expect(sha3).toBe(createHash("sha3-512").update("text").digest("hex").slice(0, 16));
    expect(gunzipSync(Buffer.from(packed ?? "", "base64")).toString()).toBe("text");
  });
});

// test/import/bytecode.test.ts: .pyc and .py entries: which is used, and when it is stale.
import { describe, expect, it } from "vitest";
import { failPython, launch, py, runPython } from "../helpers/python.js";
import { makeZip, zipFile } from "../helpers/zip.js";

/** A .pyc of `source`: by timestamp and size, or by hash. */
function pyc(
  source: string,
  mode: "checked" | "unchecked" | { mtime: number; size?: number },
): Buffer {
  const script = py`
    import sys, marshal, importlib.util, _imp, struct, base64
    source = base64.b64decode(sys.argv[1]); mode = sys.argv[2]
    code = compile(source, "/build/place/mod.py", "exec")
    if mode in ("checked", "unchecked"):
        head = struct.pack("<I", 3 if mode == "checked" else 1) + importlib.util.source_hash(source)
    else:
        head = struct.pack("<III", 0, int(mode), int(sys.argv[3]))
    print(base64.b64encode(importlib.util.MAGIC_NUMBER + head + marshal.dumps(code)).decode())
  `;
  const words =
    typeof mode === "string"
      ? [mode]
      : [`${mode.mtime}`, `${mode.size ?? Buffer.byteLength(source)}`];
  const out = launch(["-c", script, Buffer.from(source).toString("base64"), ...words]);
  return Buffer.from(out, "base64");
}

const show = "import mod; print(mod.X)";
// makeZip writes the MS-DOS time 1980-01-01 00:00, which is local time.
const zipTime = Math.floor(new Date(1980, 0, 1).getTime() / 1000);

describe("a module", () => {
  it("of source alone is compiled", async () => {
    expect((await runPython({ "__main__.py": show, "mod.py": "X = 'source'" })).stdout).toBe(
      "source\n",
    );
  });

  it("of .pyc alone is used: no source, no __file__ of a source", async () => {
    const path = zipFile({
      "__main__.py": `${show}\nprint(mod.__file__, mod.__cached__, mod.__loader__.get_source("mod"))\nmod.fail()`,
      "mod.pyc": pyc("X = 'bytecode'\ndef fail():\n    1/0\n", "unchecked"),
    });
    const { stdout, error } = await failPython(path);
    expect(stdout).toBe(`bytecode\n${path}/mod.pyc ${path}/mod.pyc None\n`);
    expect(error.type).toBe("ZeroDivisionError");
    expect(error.traceback).toMatch(/mod\.pyc?", line 3, in fail\n/);
    expect(error.traceback).not.toContain("/build/place");
  });

  it("in a package of .pyc alone works, __main__.pyc too", async () => {
    const files = {
      "__main__.pyc": pyc("import p.mod; print(p.mod.X, __name__)", "unchecked"),
      "p/__init__.pyc": pyc("", "unchecked"),
      "p/mod.pyc": pyc("from . import other\nX = other.Y", "unchecked"),
      "p/other.pyc": pyc("Y = __package__", "unchecked"),
    };
    expect((await runPython(files)).stdout).toBe("p __main__\n");
  });
});

describe("a .pyc beside its source", () => {
  it("with an unchecked hash wins whatever the source says", async () => {
    const files = {
      "__main__.py": show,
      "mod.py": "X = 'newer source'",
      "mod.pyc": pyc("X = 'bytecode'", "unchecked"),
    };
    expect((await runPython(files)).stdout).toBe("bytecode\n");
  });

  it("with a checked hash is used only where the source fits", async () => {
    const source = "X = __import__('sys').argv and 'fits'";
    const fits = { "__main__.py": show, "mod.py": source, "mod.pyc": pyc(source, "checked") };
    expect((await runPython(fits)).stdout).toBe("fits\n");
    const stale = {
      "__main__.py": show,
      "mod.py": "X = 'source'",
      "mod.pyc": pyc("X = 'bytecode'", "checked"),
    };
    expect((await runPython(stale)).stdout).toBe("source\n");
  });

  it("with a timestamp is used where time and size are the source's", async () => {
    // Each its own source: a module whose source is the same stays between runs.
    let n = 0;
    const files = (mtime: number, size?: number) => ({
      "__main__.py": show,
      "mod.py": `X = 'so_urce' # ${++n}`,
      "mod.pyc": pyc(`X = 'by_code' # ${n}`, size === undefined ? { mtime } : { mtime, size }),
    });
    expect((await runPython(files(zipTime))).stdout).toBe("by_code\n");
    expect((await runPython(files(zipTime + 1))).stdout).toBe("by_code\n");
    expect((await runPython(files(zipTime + 10))).stdout).toBe("so_urce\n");
    expect((await runPython(files(zipTime, 5))).stdout).toBe("so_urce\n");
  });

  it("has the archive's path in its code, whatever it was compiled under", async () => {
    const source =
      "X = (lambda: 0).__code__.co_filename\nclass A:\n    def f(self): return [i for i in ()]\n";
    const path = zipFile({
      "__main__.py": "import mod; print(mod.X, mod.A.f.__code__.co_filename)",
      "mod.py": source,
      "mod.pyc": pyc(source, "unchecked"),
    });
    expect((await runPython(path)).stdout).toBe(`${path}/mod.py ${path}/mod.py\n`);
  });
});

describe("a .pyc of another Python", () => {
  const other = () => {
    const bytes = pyc("X = 'bytecode'", "unchecked");
    bytes.writeUInt16LE(3531, 0); // 3.12's magic number
    return bytes;
  };

  it("is passed over where there is source", async () => {
    const files = { "__main__.py": show, "mod.py": "X = 'source'", "mod.pyc": other() };
    expect((await runPython(files)).stdout).toBe("source\n");
  });

  it("is an error that says so where there is none", async () => {
    const path = zipFile({ "__main__.py": show, "mod.pyc": other() });
    const { error } = await failPython(path);
    expect(error).toMatchObject({ type: "ImportError", code: "ERR_INMEM_WRONG_PYTHON" });
    expect(error.message).toContain(`${path}!/mod.pyc`);
    expect(error.message).toContain("expected Python 3.13");
    expect((await runPython("print('next')")).stdout).toBe("next\n");
  });
});

describe("a damaged .pyc", () => {
  const good = pyc("X = 'bytecode'\ndef f(): return [1, 2]\n", "unchecked");

  it.each([0, 1, 4, 15, 16, 17, 30, good.length - 1])(
    "cut off at byte %i, with no source, is an ImportError",
    async (size) => {
      const path = zipFile({ "__main__.py": show, "mod.pyc": good.subarray(0, size) });
      const { error } = await failPython(path);
      expect(error.type).toMatch(/^(ImportError|EOFError)$/);
      expect(["ERR_INMEM_BAD_DATA", "ERR_INMEM_WRONG_PYTHON"]).toContain(error.code);
      expect(error.message).toContain("mod.pyc");
    },
  );

  it("of marshalled data that is no code is an ImportError", async () => {
    const bytes = Buffer.concat([good.subarray(0, 16), Buffer.from("N")]); // None
    const { error } = await failPython({ "__main__.py": show, "mod.pyc": bytes });
    expect(error).toMatchObject({ type: "ImportError", code: "ERR_INMEM_BAD_DATA" });
  });

  it("is never a crash: random bytes behind the header", async () => {
    for (let i = 0; i < 30; i++) {
      const noise = Buffer.from(
        Array.from({ length: 60 }, (_, j) => (i * 7919 + j * 104_729 + i * j * 31) & 0x7f),
      );
      const bytes = Buffer.concat([good.subarray(0, 16), noise]);
      const { error } = await failPython({ "__main__.py": show, "mod.pyc": bytes });
      expect(error.type).toBe("ImportError");
    }
  });
});

describe("__pycache__", () => {
  it("in a bundle is passed over", async () => {
    const files = {
      "__main__.py": show,
      "mod.py": "X = 'source'",
      "__pycache__/mod.cpython-313.pyc": pyc("X = 'cached'", "unchecked"),
    };
    expect((await runPython(files)).stdout).toBe("source\n");
    const { error } = await failPython({
      "__main__.py": show,
      "__pycache__/mod.cpython-313.pyc": pyc("X = 'cached'", "unchecked"),
    });
    expect(error.type).toBe("ModuleNotFoundError");
  });
});

describe("what the importer's own functions are given", () => {
  it("entries and sizes that no archive has are refused", async () => {
    const source = py`
      import _inmem
      mount = _inmem.find("os", [_inmem.stdlib])[1]
      for call in (
          lambda: _inmem.code(mount, 99999999, -1, "x"),
          lambda: _inmem.code(mount, 2**32, -1, "x"),
          lambda: _inmem.code(mount, 0, 99999999, "x"),
          lambda: _inmem.start(_inmem.stdlib + "/os.py", 2**32 - 1),
      ):
          try:
              call()
          except ValueError as error:
              print(error)
    `;
    const { stdout } = await runPython(source);
    expect(stdout).toMatch(
      /^code: entry 99999999 of .*\ncode: entry 4294967296 of .*\ncode: entry 99999999 of .*\nstart: 4294967295 bytes \(at most 65536\)\n$/,
    );
  });
});

describe("archives made by others", () => {
  it("compileall and zipfile: .pyc beside by timestamp, in the local time zone", async () => {
    const script = py`
      import sys, os, zipfile, py_compile, tempfile
      with tempfile.TemporaryDirectory() as d:
          p = os.path.join(d, "mod.py")
          open(p, "w").write("X = 'made'\n")
          os.utime(p, (1_700_000_001, 1_700_000_001))
          py_compile.compile(p, cfile=p + "c", invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP, doraise=True)
          with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
              z.write(p, "mod.py"); z.write(p + "c", "mod.pyc")
              z.writestr("__main__.py", "import mod; print(mod.X)")
    `;
    const path = zipFile({ "x.py": "" });
    launch(["-c", script, path]);
    expect((await runPython(path)).stdout).toBe("made\n");
  });

  it("deflated and stored entries alike", async () => {
    const entries = [
      { name: "__main__.py", data: show, method: 8 },
      { name: "mod.py", data: `X = 'deflated'\n${"#".repeat(5000)}`, method: 8 },
    ];
    expect((await runPython(makeZip(entries))).stdout).toBe("deflated\n");
  });
});

// test/debugging/audit.test.ts: sys.audit events are raised as on disk, by the same acts, in the same order.
import { join } from "node:path";
import { expect, it } from "vitest";
import { diskPython } from "../helpers/disk-python.js";
import { py } from "../helpers/python.js";
import { spawnCommand, spawnProcess } from "../helpers/spawn-node.js";
import { writeFiles } from "../helpers/wheel-bundle.js";
import { zipFile } from "../helpers/zip.js";

const files = {
  "audited/__init__.py": "",
  "audited/plain.py": "x = 1\n",
  "audited/data.txt": "data\n",
  "__main__.py": py`
    import ctypes, glob, json, marshal, os, pickle, shutil, socket, sqlite3, subprocess, sys, tempfile, threading

    here = os.path.dirname(os.path.abspath(__file__))
    folder = tempfile.mkdtemp()
    packaged = os.path.join(here, "audited")
    seen = None


    def plain(value):
        """What is the same in each process: no handles, no folders' names."""
        if isinstance(value, bytes) and len(value) < 80:  # a path, no code
            value = os.fsdecode(value)
        if isinstance(value, str):
            return value.replace(here, "HERE").replace(folder, "FOLDER")
        return value if value is None or value in (0, -1, True, False) else type(value).__name__


    def hook(event, args):
        if seen is not None:
            seen.append([event, *map(plain, args)])


    def importing():
        import audited.plain
        import colorsys


    def import_nothing():
        try:
            import audited.nothing
        except ImportError:
            pass


    def a_thread():
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()


    acts = {
        "import": importing,
        "import nothing": import_nothing,
        "open": lambda: open(os.path.join(folder, "f"), "w").close(),
        "open packaged": lambda: open(os.path.join(packaged, "data.txt")).close(),
        "os.open packaged": lambda: os.close(os.open(os.path.join(packaged, "data.txt"), os.O_RDONLY)),
        "compile": lambda: compile("1", "x.py", "exec"),
        "exec": lambda: exec("1"),
        "eval": lambda: eval("1"),
        "ctypes.dlopen": lambda: ctypes.CDLL("libc.so.6"),
        "ctypes.dlsym": lambda: ctypes.CDLL(None).getpid,
        "listdir": lambda: os.listdir(folder),
        "listdir packaged": lambda: os.listdir(packaged),
        "scandir packaged": lambda: list(os.scandir(packaged)),
        "subprocess": lambda: subprocess.run(["true"]),
        "system": lambda: os.system("true"),
        "socket": lambda: socket.socket().close(),
        "thread": a_thread,
        "marshal": lambda: marshal.loads(marshal.dumps(1)),
        "pickle": lambda: pickle.loads(pickle.dumps(threading.Thread)),
        "putenv": lambda: os.putenv("A_B", "c"),
        "settrace": lambda: sys.settrace(None),
        "getframe": lambda: sys._getframe(),
        "sqlite3": lambda: sqlite3.connect(":memory:").close(),
        "glob": lambda: glob.glob("/nothing/*"),
        "rmtree": lambda: shutil.rmtree(folder),
        "addaudithook": lambda: sys.addaudithook(lambda event, args: None),
    }
    sys.addaudithook(hook)
    found = {}
    for name, act in acts.items():
        found[name] = mine = seen = []
        act()
        seen = None
    print(json.dumps(found))
  `,
};

type Found = Record<string, string[][]>;

// The stock importer looks for files; ours has them already. All else is the same.
function withoutFilesOfImports(found: Found): Found {
  const looks = ([event = ""]: string[]) => ["open", "os.listdir"].includes(event);
  const imports = (found["import"] ?? []).filter((event) => !looks(event));
  return { ...found, import: imports };
}

it("agrees with disk, in Node and in the launcher", async () => {
  const stock = await spawnProcess(diskPython(), ["-B", join(writeFiles(files), "__main__.py")]);
  expect(stock).toMatchObject({ code: 0, stderr: "" });
  const expected = withoutFilesOfImports(JSON.parse(stock.stdout) as Found);
  expect(expected["import"]).toContainEqual([
    "import",
    "audited.plain",
    null,
    "list",
    "list",
    "list",
  ]);
  expect(expected["ctypes.dlopen"]).toContainEqual(["ctypes.dlopen", "libc.so.6"]);
  const bundle = zipFile(files);
  for (const command of ["run", "python"]) {
    const ours = await spawnCommand([command, bundle]);
    expect(ours).toMatchObject({ code: 0, stderr: "" });
    expect(withoutFilesOfImports(JSON.parse(ours.stdout) as Found)).toEqual(expected);
  }
});

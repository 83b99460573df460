// test/files/native-code.test.ts: C and C++ of a bundle opens data files beside it, as on disk.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureSystemPackages } from "../../scripts/common/system-packages.mjs";
import { libcxxPackages } from "../../scripts/house/packages.mjs";
import { diskPython } from "../helpers/disk-python.js";
import { sharedObject } from "../helpers/shared-object.js";
import { commandLine, packageRoot } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

const source = readFileSync(join(import.meta.dirname, "native.cc"), "utf8");

const program = `
import ctypes, os, sys
here = os.path.dirname(os.path.abspath(__file__))
library = ctypes.CDLL(os.path.join(here, "lib" + sys.argv[1] + ".so"))
library.facts.restype = ctypes.c_char_p
print(library.facts(here.encode()).decode(), end="")
`;

/** How the C++ runtime gets into the object. */
const kinds: Record<string, () => string[]> = {
  host: () => ["-std=c++17"],
  bound: () => ["-std=c++17", "-Wl,-z,now"],
  own: () => ["-std=c++17", "-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL"],
  fortified: () => ["-std=c++17", "-O2", "-D_FORTIFY_SOURCE=2"],
  libcxx: () => {
    const libraries = dirname(realpathSync("/usr/lib/x86_64-linux-gnu/libc++.a"));
    const headers = join(libraries, "..", "include", "c++", "v1");
    const archives = ["libc++.a", "libc++abi.a"].map((name) => join(libraries, name));
    const rest = ["-nodefaultlibs", "-lm", "-lc", "-lgcc_s", "-lgcc"];
    const words = ["-nostdinc++", "-isystem", headers, ...archives, ...rest];
    return ["-std=c++17", ...words, "-Wl,--exclude-libs,ALL"];
  },
};

let folder: string;
let bundle: string;

describe("data files by C and C++", () => {
  beforeAll(async () => {
    await ensureSystemPackages(libcxxPackages);
    const root = tmpDir("native-files");
    const app = join(root, "source");
    mkdirSync(app);
    writeFileSync(join(app, "__main__.py"), program);
    for (const [kind, args] of Object.entries(kinds)) {
      writeFileSync(
        join(app, `lib${kind}.so`),
        sharedObject(`files-${kind}`, source, args(), "c++"),
      );
    }
    writeFileSync(
      join(app, "libplugin.so"),
      sharedObject("plugin", "int plugin(void) { return 1; }"),
    );
    folder = join(root, "app");
    bundle = join(root, "app.pyz");
    const make = join(import.meta.dirname, "make_tree.py");
    execFileSync(diskPython(), ["-I", make, app, folder, bundle]);
    for (const name of ["", "data", "data/deep", "data/deep/deeper", "data/empty"]) {
      chmodSync(join(folder, name), 0o755);
    }
    expect(readFileSync(join(app, "liblibcxx.so")).includes("GLIBCXX")).toBe(false);
  }, 180_000);

  // The folder on disk can be written to; the bundle cannot.
  const asReadOnly = (text: string) => text.replace("ofstream: open", "ofstream: not open");
  const fromDisk = (kind: string) =>
    asReadOnly(execFileSync(diskPython(), ["-I", folder, kind], { encoding: "utf8" }));

  it("is what the disk says", () => {
    expect(fromDisk("host").split("\n").length).toBeGreaterThan(25);
    expect(fromDisk("host")).toContain("ifstream: first line\n");
  });

  it.for(Object.keys(kinds))("is the same in Node: C++ library %s", (kind) => {
    const args = [commandLine, "run", bundle, kind];
    expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe(fromDisk(kind));
  });

  it.for(Object.keys(kinds))("is the same in the launcher: C++ library %s", (kind) => {
    const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
    expect(execFileSync(launcher, [bundle, kind], { encoding: "utf8" })).toBe(fromDisk(kind));
  });

  it("is the same with --load=memfd and tmpfs", () => {
    for (const tier of ["memfd", "tmpfs"]) {
      const args = [commandLine, "run", `--load=${tier}`, bundle, "host"];
      expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe(fromDisk("host"));
    }
  });
});

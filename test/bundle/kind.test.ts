// test/bundle/kind.test.ts: what a file is for, by its name and content.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { classify } from "../../lib/bundle/kind.js";
import { packageRoot } from "../helpers/spawn-node.js";
import { fakeSharedObject } from "./support.js";

it.each([
  ["pkg/a.py", "module"],
  ["top.py", "module"],
  ["pkg/a.pyc", "bytecode"],
  ["pkg/not-a-name.py", "resource"],
  ["pkg/templates/x-1/a.py", "resource"],
  ["pkg/data.json", "resource"],
  ["pkg/.hidden", "resource"],
  ["x-1.0.dist-info/METADATA", "metadata"],
  ["x-1.0.dist-info/licenses/a.py", "metadata"],
  ["x.egg-info/PKG-INFO", "metadata"],
  ["easy.pth", "pth"],
  ["pkg/not.pth", "resource"],
  ["inmem.prefix/bin/tool", "script"],
  ["inmem.prefix/share/x.txt", "other"],
  ["LICENSE", "other"],
  ["some-folder/x", "other"],
])("%s is a %s", (name, kind) => {
  expect(classify(name, Buffer.from("text"))).toBe(kind);
});

it("tells a library by its content, whatever its name", () => {
  for (const name of ["x.libs/libx.so.3.1", "pkg/data.bin", "inmem.prefix/bin/tool"]) {
    expect(classify(name, fakeSharedObject())).toBe("library");
  }
});

it("tells an extension by its PyInit_*, not by its name", () => {
  const addon = readFileSync(join(packageRoot, "build", "Release", "inmem-launcher"));
  expect(classify("pkg/x.cpython-313-x86_64-linux-gnu.so", addon)).toBe("library");
  const other = fakeSharedObject(); // one that our ELF layer cannot read
  other.write("\0PyInit_x\0", 100);
  expect(classify("x", other)).toBe("extension");
});

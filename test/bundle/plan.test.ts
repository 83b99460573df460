// test/bundle/plan.test.ts: one name, one content.
import { describe, expect, it } from "vitest";
import { BundlePlan, type PlannedFile } from "../../lib/bundle/plan.js";

function file(name: string, origin: string, content = ""): PlannedFile {
  return { name, origin, mode: 0o644, read: () => Buffer.from(content) };
}

describe("BundlePlan", () => {
  it("keeps a file that two wheels bring with the same bytes once", () => {
    const plan = new BundlePlan();
    plan.add(file("ns/__init__.py", "a.whl", "same"));
    plan.add(file("ns/__init__.py", "b.whl", "same"));
    expect(plan.files().map(({ origin }) => origin)).toEqual(["a.whl"]);
  });

  it("names both wheels when the bytes differ", () => {
    const plan = new BundlePlan();
    plan.add(file("x.py", "a.whl", "1"));
    expect(() => plan.add(file("x.py", "b.whl", "2"))).toThrow(
      "a.whl and b.whl both bring x.py, with different content",
    );
  });

  it("keeps the manifest's name for the manifest", () => {
    const plan = new BundlePlan();
    expect(() => plan.add(file("inmem.json", "a.whl"))).toThrow("a.whl brings inmem.json");
  });

  it.each(["", "/a", "a/", "a//b", "./a", "a/..", "../a", "a/./b", "a\\b", "a\0", "\ud800"])(
    "refuses the name %j, under which nothing is found",
    (name) => {
      const add = () => new BundlePlan().add(file(name, "a.py"));
      expect(add).toThrow(`a.py: the name ${JSON.stringify(name)} in the bundle`);
      expect(add).toThrow(expect.objectContaining({ code: "ERR_INMEM_BAD_ENTRY_NAME" }));
    },
  );

  it("takes odd names that lead somewhere", () => {
    const plan = new BundlePlan();
    const names = ["...", "..a", "a..", "a b", ".hidden", "\u{1f40d}", "a/...b"];
    for (const name of names) plan.add(file(name, "-"));
    expect(plan.files()).toHaveLength(names.length);
  });

  it("refuses names of two wheels that differ in case only", () => {
    const plan = new BundlePlan();
    plan.add(file("Crypto/a.py", "a.whl"));
    plan.add(file("crypto/A.py", "a.whl")); // one wheel may
    expect(() => plan.add(file("crypto/a.py", "b.whl"))).toThrow(/a\.whl .* b\.whl .*case only/);
  });

  it("refuses a file where another wheel has a folder", () => {
    const plan = new BundlePlan();
    plan.add(file("a/b", "a.whl"));
    plan.add(file("a/b/c", "b.whl"));
    expect(() => plan.files()).toThrow("a.whl brings the file a/b, b.whl a folder");
  });

  it("compares by the hashes that RECORD names where both have one", () => {
    const plan = new BundlePlan();
    plan.add({ ...file("x", "a.whl"), sha256: "1", read: () => expect.fail("not needed") });
    plan.add({ ...file("x", "b.whl"), sha256: "1" });
    expect(() => plan.add({ ...file("x", "c.whl"), sha256: "2" })).toThrow("different content");
  });

  it("puts __main__.py first and the rest by name, not by locale", () => {
    const plan = new BundlePlan();
    for (const name of ["b", "a/z", "__main__.py", "B", "\u00e9", "a.py"])
      plan.add(file(name, "-"));
    expect(plan.files().map(({ name }) => name)).toEqual([
      ...["__main__.py", "B", "a.py", "a/z", "b", "\u00e9"],
    ]);
  });
});

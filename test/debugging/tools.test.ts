// test/debugging/tools.test.ts: what people look into a program with, inside a bundle.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";
import { bundleOf, places, runModule } from "./support.js";

const clean = { code: 0, timedOut: false, stderr: "" };

const bundle = bundleOf({
  "shop/stops.py": py`
    def work():
        value = 41
        breakpoint()
        value += 1
        print("value", value)


    if __name__ == "__main__":
        work()
  `,
  "shop/asks.py": py`
    import code

    from shop.prices import total

    code.interact(banner="hello", local={"total": total}, exitmsg="bye")
  `,
  "shop/crashes.py": py`
    from shop.prices import total

    total([1, None])
  `,
  "shop/measured.py": py`
    import io

    import coverage

    measured = coverage.Coverage(data_file=None, include=["*/shop/prices.py"], config_file=False)
    measured.set_option("run:core", "ctrace")
    measured.start()
    from shop.prices import total

    total([1])
    measured.stop()
    print(type(measured._collector.tracers[0]).__name__)
    measured.report(show_missing=True)
    measured.annotate(directory="annotated")
  `,
  "shop/profiled.py": py`
    import cProfile
    import pstats
    import tracemalloc

    from shop.prices import total

    profile = cProfile.Profile()
    profile.runcall(total, [1, 2])
    pstats.Stats(profile).print_stats("shop")
    tracemalloc.start()
    kept = [object() for _ in range(1000)]
    print(*tracemalloc.get_object_traceback(kept[0]).format(), sep="\n")
    lines = tracemalloc.take_snapshot().statistics("lineno")
    print(any(s.count >= 1000 and s.traceback[0].filename.endswith("shop/profiled.py") for s in lines))
  `,
});

describe.each(places)("in the %s", (place) => {
  it("breakpoint() and pdb: where, list, break, continue, print", async () => {
    const stdin = "w\nl\nb 5\nc\np value\nl 1, 3\nb shop.prices:4\nc\n";
    const result = await runModule(place, await bundle, ["shop.stops"], { stdin });
    expect(result).toMatchObject(clean);
    const file = `${await bundle}/shop/stops.py`;
    expect(result.stdout).toContain(`> ${file}(3)work()`);
    expect(result.stdout).toContain("  3  ->\t    breakpoint()\n  4  \t    value += 1");
    expect(result.stdout).toContain(`Breakpoint 1 at ${file}:5`);
    expect(result.stdout).toContain(`> ${file}(5)work()`);
    expect(result.stdout).toContain("(Pdb) 42");
    expect(result.stdout).toContain(`Breakpoint 2 at ${await bundle}/shop/prices.py:4`);
    expect(result.stdout).toMatch(/value 42\n$/);
  });

  it("python -m pdb -m MODULE: post mortem shows bundled source", async () => {
    const stdin = "c\nw\np price\nq\nq\n";
    const words = ["pdb", "-m", "shop.crashes"] as const;
    const result = await runModule(place, await bundle, words, { stdin });
    expect(result).toMatchObject({ timedOut: false });
    expect(result.stdout).toContain("Uncaught exception. Entering post mortem debugging");
    expect(result.stdout).toContain(`> ${await bundle}/shop/prices.py(4)total()`);
    expect(result.stdout).toContain("-> result += price");
    expect(result.stdout).toContain("(Pdb) None");
  });

  // It looks for the zip's __main__ while there is no module of this name.
  it("python -m pdb ZIP", async () => {
    const zip = zipFile({ "__main__.py": "value = 41\nprint(value + 1)\n" });
    const result = await runModule(place, await bundle, ["pdb", zip], { stdin: "n\np value\nq\n" });
    expect(result).toMatchObject({ timedOut: false });
    expect(result.stdout).toContain(`> ${zip}/__main__.py(2)<module>()`);
    expect(result.stdout).toContain("(Pdb) 41");
  });

  it("code.interact", async () => {
    const stdin = "total([1, 2])\nimport shop.prices as p; p.__file__\ntotal([None])\n";
    const result = await runModule(place, await bundle, ["shop.asks"], { stdin });
    expect(result).toMatchObject({ code: 0, timedOut: false });
    expect(result.stdout).toContain(`3\n`);
    expect(result.stdout).toContain(`'${await bundle}/shop/prices.py'`);
    expect(result.stderr).toMatch(/^hello\n.*result \+= price\n.*TypeError.*bye\n$/s);
  });

  it("coverage: its C tracer, and a report with lines of bundled source", async () => {
    const cwd = tmpDir();
    const result = await runModule(place, await bundle, ["shop.measured"], { cwd });
    expect(result).toMatchObject(clean);
    expect(result.stdout).toMatch(/^CTracer\n/);
    expect(result.stdout).toMatch(/shop\/prices\.py +7 +1 +86% +9\n/);
    const [annotated = ""] = readdirSync(join(cwd, "annotated"));
    expect(annotated).toContain("prices.py,cover");
  });

  it("coverage run -m and report", async () => {
    const cwd = tmpDir();
    const tests = [
      "coverage",
      "run",
      "-m",
      "unittest",
      "shop.tests.unit.Total.test_total",
    ] as const;
    expect(await runModule(place, await bundle, tests, { cwd })).toMatchObject({ code: 0 });
    const words = ["coverage", "report", "-m", "--include=*/shop/*"] as const;
    const result = await runModule(place, await bundle, words, { cwd });
    expect(result).toMatchObject(clean);
    expect(result.stdout).toMatch(/shop\/prices\.py +7 +1 +86% +9\n/);
  });

  it("cProfile and tracemalloc", async () => {
    const result = await runModule(place, await bundle, ["shop.profiled"]);
    expect(result).toMatchObject(clean);
    expect(result.stdout).toMatch(/shop\/prices\.py:1\(total\)/);
    expect(result.stdout).toContain(`File "${await bundle}/shop/profiled.py", line 11\n`);
    expect(result.stdout).toContain("kept = [object() for _ in range(1000)]");
    expect(result.stdout).toMatch(/True\n$/);
  });

  it("python -m unittest, with discovery", async () => {
    const words = ["unittest", "-v", "shop.tests.unit"] as const;
    const result = await runModule(place, await bundle, words);
    expect(result).toMatchObject({ code: 1, timedOut: false });
    expect(result.stderr).toContain("self.assertEqual(total([1, 2]), 4)");
    expect(result.stderr).toMatch(/Ran 2 tests.*FAILED \(failures=1\)/s);
    const discover = ["unittest", "discover", "-s", "shop.tests", "-p", "unit.py"] as const;
    const found = await runModule(place, await bundle, discover);
    expect(found.stderr).toMatch(/Ran 2 tests.*FAILED \(failures=1\)/s);
  });

  it("pytest --pyargs: conftest, assertion rewriting, source; nothing is written", async () => {
    const cwd = tmpDir();
    const words = ["pytest", "--pyargs", "shop", "-p", "no:cacheprovider"] as const;
    const result = await runModule(place, await bundle, words, { cwd });
    expect(result).toMatchObject({ code: 1, timedOut: false, stderr: "" });
    expect(result.stdout).toContain("1 failed, 1 passed");
    expect(result.stdout).toContain(">       assert total(prices) == 7\nE       assert 6 == 7");
    expect(result.stdout).toContain("where 6 = total([1, 2, 3])");
    expect(result.stdout).toContain("shop/tests/test_prices.py:9: AssertionError");
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("pytest by a path inside the bundle, where it is told to begin there", async () => {
    const folder = `${await bundle}/shop`;
    const words = ["pytest", "-p", "no:cacheprovider"] as const;
    const inside = [...words, `--confcutdir=${folder}`, `${folder}/tests`] as const;
    const result = await runModule(place, await bundle, inside);
    expect(result).toMatchObject({ code: 1, timedOut: false });
    expect(result.stdout).toContain("1 failed, 1 passed");
  });

  it("pytest --pdb, of one test", async () => {
    const test = "shop.tests.test_prices::test_wrong";
    const words = ["pytest", "--pdb", "-p", "no:cacheprovider", "--pyargs", test] as const;
    const result = await runModule(place, await bundle, words, { stdin: "p prices\nc\n" });
    expect(result).toMatchObject({ code: 1, timedOut: false });
    expect(result.stdout).toContain("(Pdb) [1, 2, 3]");
    expect(result.stdout).toContain("1 failed");
  });
});

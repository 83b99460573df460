// test/bad-input/wheels.test.ts: stock wheels that are for another Python, C library or processor: which, why, what to do.
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { pypiWheel, type WheelChoice } from "../helpers/pypi-wheel.js";
import { failPython, launch } from "../helpers/python.js";
import { extensionSuffix } from "../helpers/shared-object.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip, zipFile } from "../helpers/zip.js";

const markupsafe = { requirement: "markupsafe==3.0.3", module: "markupsafe._speedups" };
const multidict = { requirement: "multidict==6.7.0", module: "multidict._multidict" };

/** A wheel that does not fit, the tag in its extension's name, and what the message has to say. */
interface Misfit extends Omit<WheelChoice, "platforms"> {
  readonly platforms?: readonly string[];
  readonly module: string;
  readonly tag: string;
  readonly advice: RegExp;
}

const manylinux = (machine: string) =>
  ["manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_5"].map(
    (name) => `${name}_${machine}`,
  );

const misfits: readonly Misfit[] = [
  {
    ...markupsafe,
    python: "3.12",
    abi: "cp312",
    tag: "cpython-312-x86_64-linux-gnu",
    advice: /for another version of Python: bundle the cp313 or abi3 wheel/,
  },
  {
    ...markupsafe,
    abi: "cp313t",
    tag: "cpython-313t-x86_64-linux-gnu",
    advice: /free-threaded.*bundle the wheel for cp313/,
  },
  {
    ...markupsafe,
    platforms: ["musllinux_1_2_x86_64"],
    tag: "cpython-313-x86_64-linux-musl",
    advice: /for musl, Alpine's C library: bundle the manylinux wheel/,
  },
  {
    ...markupsafe,
    platforms: manylinux("aarch64"),
    tag: "cpython-313-aarch64-linux-gnu",
    advice: /for another processor: bundle the wheel for x86_64/,
  },
  {
    ...multidict,
    platforms: manylinux("i686"),
    tag: "cpython-313-i386-linux-gnu",
    advice: /for another processor: bundle the wheel for x86_64/,
  },
  {
    ...multidict,
    platforms: manylinux("s390x"),
    tag: "cpython-313-s390x-linux-gnu",
    advice: /for another processor: bundle the wheel for x86_64/,
  },
];

const wheelOf = ({ platforms = manylinux("x86_64"), ...choice }: Misfit) =>
  pypiWheel({ platforms, ...choice });

/** The wheel's shared object, read by stock zipfile. */
async function objectOf(misfit: Misfit): Promise<Buffer> {
  const output = join(tmpDir(), "object.so");
  const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "wb") as output:
    output.write(wheel.read(next(n for n in wheel.namelist() if n.endswith(".so"))))
`;
  launch(["-c", script, await wheelOf(misfit), output]);
  return readFileSync(output);
}

/** A folder of the wheel and of a program's that imports the module. */
function folderOf(wheel: string, module: string): string {
  const folder = tmpDir("wheels");
  symlinkSync(wheel, join(folder, basename(wheel)));
  const program = makeZip({ "program.py": `import ${module}` });
  writeFileSync(join(folder, "program-1-py3-none-any.whl"), program);
  return folder;
}

describe("an extension by the name of its file", () => {
  it.each(misfits)("$tag", async (misfit) => {
    const wheel = await wheelOf(misfit);
    const folder = folderOf(wheel, misfit.module);
    const { error } = await failPython(folder, { module: "program" });
    expect([error.code, error.type]).toEqual(["ERR_INMEM_WRONG_PYTHON", "ImportError"]);
    expect(error.message).toContain(
      `${basename(wheel)}/${misfit.module.replace(".", "/")}.${misfit.tag}.so`,
    );
    expect(error.message).toContain(`expected ${extensionSuffix}`);
    expect(error.message).toMatch(misfit.advice);
  });
});

describe("an extension by its contents, under a name that fits", () => {
  const found: Readonly<Record<string, readonly [string, RegExp]>> = {
    "cpython-313-x86_64-linux-musl": [
      "ERR_INMEM_WRONG_MACHINE",
      /needs libc\.musl-x86_64\.so\.1.*built for musl.*expected a manylinux wheel/,
    ],
    "cpython-313-aarch64-linux-gnu": ["ERR_INMEM_WRONG_MACHINE", /EM_AARCH64 .*expected EM_X86_64/],
    "cpython-313-i386-linux-gnu": ["ERR_INMEM_WRONG_MACHINE", /EM_386 .*expected.*EM_X86_64/],
    "cpython-313-s390x-linux-gnu": ["ERR_INMEM_WRONG_MACHINE", /ELFDATA2MSB.*expected ELFDATA2LSB/],
  };
  const cases = misfits.filter(({ tag }) => tag in found);

  it.each(cases)("$tag", async (misfit) => {
    const [code, words] = found[misfit.tag] ?? ["", /^$/];
    const name = misfit.module.split(".")[1] ?? "";
    const files = {
      "__main__.py": `import ${name}`,
      [name + extensionSuffix]: await objectOf(misfit),
    };
    const { error } = await failPython(zipFile(files));
    expect([error.code, error.type]).toEqual([code, "ImportError"]);
    expect(error.message).toMatch(words);
    expect(error.message).toContain(name + extensionSuffix);
  });
});

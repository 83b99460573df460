// test/trust/python.test.ts: `inmem-python python --verify`: bundles on the path of a Python as one knows it, and its children.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { makeZip } from "../helpers/zip.js";
import { bend, type Keys, makeKeys, signedBundle, writeBundle } from "./support.js";

let keys: Keys;
let signed: string;

beforeAll(async () => {
  keys = makeKeys();
  const program = "print('program')\n";
  signed = await signedBundle({ "__main__.py": program, "part.py": "X = 'part'\n" }, keys);
});

function python(words: readonly string[], key = keys.public) {
  return spawnCommand(["python", "--verify", key, ...words]);
}

const tampered = () =>
  bend(signed, (bytes) =>
    Buffer.from(bytes.toString("latin1").replace("'part'", "'PART'"), "latin1"),
  );

describe("inmem-python python --verify", () => {
  it("imports from what is signed, and refuses what is not before any code runs", async () => {
    const code = "print('ran'); import part; print(part.X)";
    const ran = await python(["--bundle", signed, "-c", code]);
    expect(ran).toMatchObject({ code: 0, stdout: "ran\npart\n", stderr: "" });
    const plain = await writeBundle({ "part.py": "X = 'part'\n" });
    const other = makeKeys();
    const cut = bend(signed, (bytes) => bytes.subarray(0, -1));
    const refusals: [string, string, string][] = [
      [plain, keys.public, "ERR_INMEM_UNSIGNED"],
      [tmpDir(), keys.public, "ERR_INMEM_UNSIGNED"],
      [signed, other.public, "ERR_INMEM_BAD_SIGNATURE"],
      [cut, keys.public, "ERR_INMEM_NOT_ZIP"],
      [signed, keys.private, "ERR_INMEM_KEY"],
    ];
    for (const [bundle, key, wanted] of refusals) {
      const { code: status, stdout, stderr } = await python(["--bundle", bundle, "-c", code], key);
      expect({ status, stdout, wanted: stderr.includes(wanted) }).toEqual({
        status: 2,
        stdout: "",
        wanted: true,
      });
    }
    const second = await python(["--bundle", signed, "--bundle", plain, "-c", code]);
    expect(second).toMatchObject({ code: 2, stdout: "" });
  });

  it("ends at a changed content; with --verify-full before anything", async () => {
    const code =
      "print('ran', flush=True)\ntry:\n  import part\nexcept BaseException: pass\nprint(1)";
    const late = await python(["--bundle", tampered(), "-c", code]);
    expect(late).toMatchObject({ code: 2, stdout: "ran\n" });
    expect(late.stderr).toContain("ERR_INMEM_BAD_DIGEST");
    const early = await python(["--verify-full", "--bundle", tampered(), "-c", code]);
    expect(early).toMatchObject({ code: 2, stdout: "" });
    expect(early.stderr).toContain("ERR_INMEM_BAD_DIGEST");
  });

  it("children, in whatever environment, verify the same", async () => {
    const bundle = tampered();
    const code = `
import subprocess, sys
for words, env in ((["-c"], None), (["-I", "-c"], {}), (["-E", "-c"], {})):
    ended = subprocess.run([sys.executable, *words, "import part"], env=env, capture_output=True, text=True)
    print(ended.returncode, ended.stderr.split(":")[1].strip())
`;
    const { stdout } = await python(["--bundle", bundle, "-c", code]);
    expect(stdout).toBe("2 ERR_INMEM_BAD_DIGEST\n".repeat(3));
  });

  it("runs no zip file that is not signed, in it or in a child; a script on disk is Python's", async () => {
    expect(await python(["--bundle", signed, signed])).toMatchObject({ stdout: "program\n" });
    const zip = join(tmpDir(), "app.pyz");
    writeFileSync(zip, makeZip({ "__main__.py": "print('unsigned')\n" }));
    // Lenient readers find the end record in front of what was added.
    const extended = join(tmpDir(), "extended.pyz");
    writeFileSync(extended, Buffer.concat([readFileSync(zip), Buffer.from("more")]));
    const script = join(tmpDir(), "script.py");
    writeFileSync(script, "print('script')\n");
    for (const program of [zip, extended]) {
      const { code, stdout, stderr } = await python(["--bundle", signed, program]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/ERR_INMEM_(UNSIGNED|NOT_ZIP)/);
      const child = `import subprocess, sys; print(subprocess.run([sys.executable, ${JSON.stringify(program)}]).returncode)`;
      expect((await python(["--bundle", signed, "-c", child])).stdout).toBe("2\n");
    }
    expect(await python(["--bundle", signed, script])).toMatchObject({ stdout: "script\n" });
  });

  it("wants something to check", async () => {
    const wrong: [string[], string][] = [
      [["python", "--verify", keys.public, "-c", "print(1)"], "--bundle"],
      [["python", "--bundle", signed, "--verify-full", "-c", "print(1)"], "--verify"],
      [["python", "--bundle", signed, "--verify"], "--verify"],
    ];
    for (const [words, named] of wrong) {
      const { code, stdout, stderr } = await spawnCommand(words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(named);
    }
  });
});

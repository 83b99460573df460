// test/files/damage-and-paths.test.ts: what open says of a damaged entry, strict canonical paths, files for children.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeZip } from "../../scripts/house/zip.mjs";
import { jsonOf, launch, py } from "../helpers/python.js";
import { tmpDir } from "../helpers/tmp.js";
import { zipFile } from "../helpers/zip.js";

describe("a damaged entry", () => {
  it("is an OSError with a note that says what is wrong, and no other error has it", async () => {
    const bundle = join(tmpDir("damaged"), "app.pyz");
    const main = py`
      import json, os
      here = os.path.dirname(__file__)
      told = []
      for call in (
          lambda: open(here + "/bad.txt"),
          lambda: os.open(os.fsencode(here) + b"/sub/../bad.txt", os.O_RDONLY),
          lambda: open(here + "/missing.txt"),
          lambda: open(here + "/bad.txt", "w"),
      ):
          try:
              call()
          except OSError as error:
              told.append([error.errno, getattr(error, "__notes__", None)])
      os.chdir(here)
      try:
          open("bad.txt")
      except OSError as error:
          told.append([error.filename, error.__notes__ == told[0][1]])
      print(json.dumps(told))
    `;
    const entries = [
      { name: "__main__.py", data: main },
      { name: "bad.txt", data: "content", crc: 1 },
      { name: "sub/x", data: "x" },
    ];
    writeFileSync(bundle, makeZip(entries));
    const note = [
      expect.stringMatching(/^ERR_INMEM_BAD_CRC: .*app\.pyz!\/?bad\.txt: CRC-32 \w+ \(expected/),
    ];
    expect(await jsonOf(bundle)).toEqual([
      [5, note],
      [5, note],
      [2, null],
      [30, null],
      ["bad.txt", true],
    ]);
  });
});

const strict = py`
  import json, os, pathlib, sys
  here = os.path.dirname(os.path.abspath(__file__))
  told = []
  def tell(call, *args, **keywords):
      try:
          path = os.fsdecode(call(*args, **keywords))
          told.append(path.replace(here, "HERE"))
      except OSError as error:
          told.append(type(error).__name__)
  real = os.path.realpath
  tell(real, here, strict=True)
  tell(real, here + "/pkg/data.txt", strict=True)
  tell(real, here + "/pkg/../pkg//data.txt", strict=True)
  tell(real, os.fsencode(here) + b"/pkg", strict=True)
  tell(real, here + "/pkg/missing", strict=True)
  tell(real, here + "/pkg/data.txt/below", strict=True)
  tell(real, "/proc/version/below", strict=True)
  tell(real, here + "/pkg/missing", strict=os.path.ALLOW_MISSING)
  tell(real, here + "/pkg/missing")
  tell(lambda: pathlib.Path(here, "pkg", "data.txt").resolve(strict=True))
  print(json.dumps(told))
`;

const canonical = [
  "HERE",
  "HERE/pkg/data.txt",
  "HERE/pkg/data.txt",
  "HERE/pkg",
  "FileNotFoundError",
  "NotADirectoryError",
  "NotADirectoryError",
  "HERE/pkg/missing",
  "HERE/pkg/missing",
  "HERE/pkg/data.txt",
];

describe("os.path.realpath(strict=True)", () => {
  it("goes on below a bundle, as below a folder", async () => {
    const files = { "__main__.py": strict, "pkg/data.txt": "x" };
    expect(await jsonOf(zipFile(files))).toEqual(canonical);
    const folder = tmpDir("folder");
    mkdirSync(join(folder, "pkg"), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    expect(await jsonOf(folder)).toEqual(canonical);
    expect(JSON.parse(launch([zipFile(files)]))).toEqual(canonical);
  });
});

describe("os.posix_spawn", () => {
  it("opens files of a bundle for the child", async () => {
    const main = py`
      import json, os
      here = os.path.dirname(__file__)
      def output(path):
          end, start = os.pipe()
          actions = [(os.POSIX_SPAWN_OPEN, 0, path, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, start, 1)]
          try:
              child = os.posix_spawn("/bin/cat", ["cat"], os.environ, file_actions=actions)
          except OSError as error:
              return type(error).__name__
          finally:
              os.close(start)
          text = os.read(end, 100).decode()
          os.close(end)
          os.waitpid(child, 0)
          return text
      print(json.dumps([output(here + "/data.txt"), output(here + "/missing"), output("/nowhere")]))
    `;
    const bundle = zipFile({ "__main__.py": main, "data.txt": "for a child" });
    expect(await jsonOf(bundle)).toEqual(["for a child", "FileNotFoundError", "FileNotFoundError"]);
  });
});

// test/run/mount.test.ts: mount() and unmount() of JavaScript: archives for all runs that follow.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { api, failPython, runPython } from "../helpers/python.js";
import { tmpFile } from "../helpers/tmp.js";
import { makeZip, zipFile } from "../helpers/zip.js";

const show = "import lib, sys; print(lib.X, len(sys.path))";
const library = (x: string) => zipFile({ "lib.py": `X = '${x}'` }, `${x}.zip`);

const given: Parameters<typeof api.mount>[0][] = [];
function mount(bundle: Parameters<typeof api.mount>[0]) {
  api.mount(bundle);
  given.push(bundle);
}
afterEach(() => {
  for (const bundle of given.splice(0)) {
    try {
      api.unmount(bundle);
    } catch {
      // The test did.
    }
  }
});

describe("mount()", () => {
  it("is there for the runs that follow, in order, until unmount()", async () => {
    const [a, b] = [library("a"), library("b")];
    mount(a);
    mount(b);
    expect((await runPython(show)).stdout).toBe("a 4\n");
    api.unmount(a);
    expect((await runPython(show)).stdout).toBe("b 3\n");
    mount(a);
    expect((await runPython(show)).stdout).toBe("b 4\n");
    api.unmount(a);
    api.unmount(b);
    expect((await failPython(show)).error.type).toBe("ModuleNotFoundError");
  });

  it("is there in a process of its own, too", async () => {
    mount(library("child"));
    mount(readFileSync(library("bytes")));
    const { stdout } = await runPython(show, { process: true });
    expect(stdout).toBe("child 4\n");
  });

  it("comes behind the run's own bundle", async () => {
    mount(library("mounted"));
    const own = { "__main__.py": show, "lib.py": "X = 'own'" };
    expect((await runPython(own)).stdout).toBe("own 3\n");
  });

  it("takes bytes and URLs, twice is once", async () => {
    const bytes = readFileSync(library("bytes"));
    mount(bytes);
    mount(bytes);
    expect((await runPython(show)).stdout).toBe("bytes 3\n");
    api.unmount(bytes);
    const url = pathToFileURL(library("url"));
    mount(url);
    expect((await runPython(show)).stdout).toBe("url 3\n");
    api.unmount(url.pathname);
  });

  it("looks at a path anew in each run, and tells what has gone", async () => {
    const path = library("old");
    mount(path);
    expect((await runPython(show)).stdout).toBe("old 3\n");
    writeFileSync(path, makeZip({ "lib.py": "X = 'newer'" }));
    expect((await runPython(show)).stdout).toBe("newer 3\n");
    renameSync(path, `${path}.away`);
    const { error } = await failPython(show);
    expect(error.code).toBe("ERR_INMEM_NOT_FOUND");
    expect(error.message).toContain(path);
  });

  it("tells what is wrong with what it was given", () => {
    const text = tmpFile("text.zip", "text");
    const code = (call: () => void) => {
      try {
        call();
        return "no error";
      } catch (error) {
        return (error as { code?: string }).code ?? (error as Error).name;
      }
    };
    expect(code(() => api.mount("/absent.zip"))).toBe("ERR_INMEM_NOT_FOUND");
    expect(code(() => api.mount(text))).toBe("ERR_INMEM_NOT_ZIP");
    expect(code(() => api.mount(Buffer.from("text")))).toBe("ERR_INMEM_NOT_ZIP");
    expect(code(() => api.mount(5 as unknown as string))).toBe("TypeError");
    expect(code(() => api.unmount(5 as unknown as string))).toBe("TypeError");
    expect(code(() => api.unmount("/absent.zip"))).toBe("ERR_INMEM_NOT_FOUND");
    expect(code(() => api.unmount(Buffer.alloc(3)))).toBe("ERR_INMEM_NOT_FOUND");
  });
});

// test/bridge/loop.test.ts: start({ loop }): whose event loop coroutines run on.
import { describe, expect, it } from "vitest";
import { api, bundleOf } from "../helpers/python.js";

const bundles = bundleOf({
  "own_loop.py": `
import asyncio
class OwnLoop(asyncio.SelectorEventLoop): pass
def new_event_loop(): return OwnLoop()
`,
});

describe("start({ loop })", () => {
  it("refuses what is no module with new_event_loop()", async () => {
    await expect(api.start({ loop: "no_such_loop" })).rejects.toMatchObject({
      type: "ModuleNotFoundError",
      message: expect.stringContaining("no_such_loop"),
    });
    await expect(api.start({ loop: "json" })).rejects.toMatchObject({ type: "TypeError" });
    await expect(api.start({ loop: 1 as unknown as string })).rejects.toThrow(TypeError);
  });

  it("takes the loop of that module, for the whole process", async () => {
    const py = await api.start({ bundles, loop: "own_loop" });
    const name =
      "import asyncio\nawait asyncio.sleep(0.01)\ntype(asyncio.get_running_loop()).__name__";
    expect(await py.runPythonAsync(name)).toBe("OwnLoop");
    await api.start({ loop: "own_loop" });
    await expect(api.start({ loop: "asyncio" })).rejects.toThrow(/own_loop/);
  });
});

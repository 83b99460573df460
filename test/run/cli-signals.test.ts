// test/run/cli-signals.test.ts: SIGTERM and SIGINT to `inmem-python run` on a server bundle.
import { describe, expect, it } from "vitest";
import { spawnAndSignal } from "../cli/support.js";
import { py } from "../helpers/python.js";
import { zipFile } from "../helpers/zip.js";

const server = py`
  import http.server
  with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as s:
      try:
          print("ready", flush=True)
          s.serve_forever()
      finally: print("closed", flush=True)
`;

const asyncServer = py`
  import asyncio, signal, sys
  async def main():
      stop = asyncio.Event()
      for n in (signal.SIGTERM, signal.SIGINT):
          asyncio.get_running_loop().add_signal_handler(n, stop.set)
      async with await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0):
          print("ready", flush=True)
          await stop.wait()
      print("closed", flush=True)
  asyncio.run(main())
`;

describe("inmem-python run of a server", () => {
  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("%s ends it with %i after its finally", async (signal, code) => {
    const result = await spawnAndSignal(["run", zipFile({ "__main__.py": server })], signal);
    expect(result).toMatchObject({ code, signal: null, timedOut: false });
    expect(result.stdout).toBe("ready\nclosed\n");
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "%s runs asyncio's own handler, status 0",
    async (signal) => {
      const result = await spawnAndSignal(["run", zipFile({ "__main__.py": asyncServer })], signal);
      expect(result).toMatchObject({ code: 0, stdout: "ready\nclosed\n", stderr: "" });
    },
  );
});

// test/run/non-blocking.test.ts: standard streams that are non-blocking, by Node's doing or by the program's.
import { describe, expect, it } from "vitest";
import { launch, py } from "../helpers/python.js";
import { spawnNode } from "../helpers/spawn-node.js";
import { zipFile } from "../helpers/zip.js";

/** Reads an empty pipe as stdin, and fills one as stdout, that `how` has made non-blocking. */
const program = (how: string) => py`
  import fcntl, os, sys, threading, time
  def by_program(own, fd): os.set_blocking(fd, False)
  def by_fcntl(own, fd): fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
  def by_another(own, fd): os.set_blocking(own, False)
  def attempt(call):
      try:
          return call()
      except BlockingIOError:
          return "BlockingIOError"
  told = []
  # A pipe's end in the place of a standard descriptor; the other end goes on after half a second.
  for fd, own, later in ((0, 0, lambda end: os.write(end, b"x")), (1, 1, lambda end: os.read(end, 1 << 20))):
      ends = os.pipe()
      saved = os.dup(fd)
      os.dup2(ends[own], fd)
      ${how}(ends[own], fd)
      timer = threading.Timer(0.5, later, [ends[1 - own]])
      timer.start()
      if fd == 0:
          told.append(attempt(lambda: os.read(0, 10)))
      else:
          told.append(attempt(lambda: [os.write(1, b"x" * 65536) for _ in range(2)]))
      timer.join()
      os.dup2(saved, fd)
  print(told, file=sys.stderr)
`;

const refused = "['BlockingIOError', 'BlockingIOError']\n";
const waited = "[b'x', [65536, 65536]]\n";

describe("os.read(0) and os.write(1) of what is non-blocking", () => {
  it.each([
    ["by_program", refused],
    ["by_fcntl", refused],
    ["by_another", waited], // as Node does with its own
  ])("inside Node, %s", async (how, stderr) => {
    const path = zipFile({ "__main__.py": program(how) });
    const source = `require("inmem-python").run(process.argv[2]);`;
    expect(await spawnNode(source, { args: [path], timeoutMs: 20_000 })).toMatchObject({
      code: 0,
      stderr,
    });
  });

  it("at the command line: as any Python's", () => {
    const told = program("by_another").replace("print(told, file=sys.stderr)", "print(told)");
    expect(launch(["-c", told])).toBe(refused);
  });
});

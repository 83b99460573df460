// test/run/streams.test.ts: stdin, stdout and stderr of a run, and back-pressure.

import { PassThrough, Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { api, bundleOf, failPython, py, runPython } from "../helpers/python.js";

const echo = "import sys; data = sys.stdin.buffer.read(); print(len(data), ascii(data[:60]))";

describe("stdin", () => {
  it.each([
    ["a string", "tëxt\n", "6 b't\\xc3\\xabxt\\n'\n"],
    ["text", { text: "tëxt\n" }, "6 b't\\xc3\\xabxt\\n'\n"],
    ["a string that says inherit", { text: "inherit" }, "7 b'inherit'\n"],
    ["bytes", Uint8Array.of(0, 255, 10, 13), "4 b'\\x00\\xff\\n\\r'\n"],
    ["nothing", "", "0 b''\n"],
    ["a Readable", Readable.from(["a", Buffer.from("b\n"), "c"]), "4 b'ab\\nc'\n"],
  ])("from %s", async (_name, stdin, stdout) => {
    expect(await runPython(echo, { stdin })).toMatchObject({ exitCode: 0, stdout });
  });

  it("gives lines as they come, also to input()", async () => {
    const stdin = new PassThrough();
    const seen: string[] = [];
    const promise = api.run(
      bundleOf(py`
      import sys
      print("name?", flush=True)
      print("hi", input(), flush=True)
      print([*sys.stdin])
    `),
      { stdin, stdout: (chunk) => void seen.push(chunk.toString()) },
    );
    await until(() => seen.join("").includes("name?"));
    stdin.write("you\n");
    await until(() => seen.join("").includes("hi you"));
    stdin.write("a\nb");
    stdin.end();
    await promise;
    expect(seen.join("")).toBe("name?\nhi you\n['a\\n', 'b']\n");
  });

  it("ends with EOFError in input()", async () => {
    expect((await failPython("input()", { stdin: "" })).error.type).toBe("EOFError");
  });

  it("takes 8 MB from a Readable, exactly", async () => {
    const chunk = Buffer.alloc(65_536, "0123456789abcdef");
    const stdin = Readable.from(Array.from({ length: 128 }, () => chunk));
    const source =
      "import sys, hashlib; d = sys.stdin.buffer.read(); print(len(d), hashlib.sha256(d).hexdigest())";
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256")
      .update(Buffer.concat(Array(128).fill(chunk)))
      .digest("hex");
    expect((await runPython(source, { stdin })).stdout).toBe(`${8 << 20} ${hash}\n`);
  });

  it("leaves a Readable that was not read to its end to its owner", async () => {
    const stdin = new PassThrough();
    stdin.write("one\n");
    await runPython("print(input())", { stdin });
    expect(stdin.destroyed).toBe(false);
    expect(stdin.listenerCount("readable") + stdin.listenerCount("end")).toBeLessThanOrEqual(1);
  });

  it("that fails rejects the run with its error", async () => {
    const stdin = new Readable({
      read() {
        this.destroy(new Error("the source broke"));
      },
    });
    await expect(runPython(echo, { stdin })).rejects.toThrow("the source broke");
    expect((await runPython("print(1)")).stdout).toBe("1\n");
  });

  it("of one run is not the next one's", async () => {
    await runPython("print(input())", { stdin: "first\nleft over\n" });
    expect((await runPython(echo, { stdin: "second" })).stdout).toBe("6 b'second'\n");
  });
});

describe("stdout and stderr", () => {
  it("go to functions, as Buffers, apart from each other", async () => {
    const source =
      "import sys; print('out'); print('err', file=sys.stderr); sys.stdout.buffer.write(b'\\xff\\n')";
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    await api.run(bundleOf(source), {
      stdout: (chunk) => void out.push(chunk),
      stderr: (chunk) => void err.push(chunk),
    });
    expect(out.every((chunk) => Buffer.isBuffer(chunk))).toBe(true);
    expect(Buffer.concat(out)).toEqual(Buffer.from("out\n\xff\n", "latin1"));
    expect(Buffer.concat(err).toString()).toBe("err\n");
  });

  it("go to a Writable, which is not ended", async () => {
    const stream = new PassThrough();
    await api.run(bundleOf("print('one')"), { stdout: stream });
    await api.run(bundleOf("print('two')"), { stdout: stream });
    expect(stream.writableEnded).toBe(false);
    expect(stream.read().toString()).toBe("one\ntwo\n");
  });

  it("have all arrived when run() resolves, without a flush in the program", async () => {
    const source = "import sys; sys.stdout.write('no newline'); sys.stderr.write('neither')";
    expect(await runPython(source)).toMatchObject({ stdout: "no newline", stderr: "neither" });
  });

  it("are UTF-8; lone surrogates fail on stdout and are escaped on stderr", async () => {
    expect((await runPython("print('ünï 💡 \\U0010ffff')")).stdout).toBe("ünï 💡 \u{10ffff}\n");
    expect((await failPython("print('\\ud800')")).error.type).toBe("UnicodeEncodeError");
    const escaped = "import sys; print('\\ud800', file=sys.stderr)";
    expect((await runPython(escaped)).stderr).toBe("\\ud800\n");
  });

  it("know what they are", async () => {
    const source =
      "import sys; print(sys.stdout.isatty(), sys.stdout.encoding, sys.stdout.name, sys.stdout.writable(), sys.stdin.readable())";
    expect((await runPython(source, { stdin: "" })).stdout).toBe(
      "False utf-8 <stdout> True True\n",
    );
  });

  it("from many threads at once loses nothing", async () => {
    const source = py`
      import threading
      def work(i):
          for j in range(200): print(f"{i}:{j}", flush=True)
      threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
      [t.start() for t in threads]; [t.join() for t in threads]
    `;
    const lines = (await runPython(source)).stdout.split("\n").filter((line) => line.includes(":"));
    expect(lines.join("\n").match(/\d+:\d+/g)?.length).toBe(1600);
  });

  it("that throws in a function rejects the run with that error; the next run works", async () => {
    const options = {
      stdout() {
        throw new Error("listener broke");
      },
    };
    await expect(api.run(bundleOf("print(1)\nprint(2)"), options)).rejects.toThrow(
      "listener broke",
    );
    expect((await runPython("print(1)")).stdout).toBe("1\n");
  });

  it("of a Writable that fails rejects the run with its error", async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(new Error("disk full")),
    });
    stdout.on("error", () => undefined);
    await expect(api.run(bundleOf("print(1)"), { stdout })).rejects.toThrow("disk full");
  });

  it("of a Writable that has ended rejects, and does not hang", async () => {
    const stdout = new PassThrough();
    stdout.on("error", () => undefined);
    stdout.end();
    await expect(api.run(bundleOf("print(1)"), { stdout })).rejects.toThrow(/ended/);
  });

  it("of a Writable that is destroyed in the middle does not hang", async () => {
    const stdout = new Writable({ highWaterMark: 10, write: () => undefined }); // never done
    stdout.on("error", () => undefined);
    setTimeout(() => stdout.destroy(new Error("gone")), 100);
    const source = "import sys\nfor i in range(300): sys.stdout.write('x' * 10000)";
    await expect(api.run(bundleOf(source), { stdout })).rejects.toThrow();
    expect((await runPython("print(1)")).stdout).toBe("1\n");
  });
});

describe("back-pressure", () => {
  it("holds a program that writes 50 MB to a slow Writable", async () => {
    let taken = 0;
    let most = 0;
    const stdout = new Writable({
      highWaterMark: 1 << 16,
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        most = Math.max(most, stdout.writableLength);
        setImmediate(done);
      },
    });
    const source = py`
      import sys
      block = b"x" * 65536
      for i in range(800): sys.stdout.buffer.write(block)
    `;
    await api.run(bundleOf(source), { stdout });
    expect(taken).toBe(800 * 65_536);
    // What lies between: native's 1 MB and one write beyond it.
    expect(most).toBeLessThan(4 << 20);
  });

  it("waits as long as the Writable does", async () => {
    let release: (() => void) | undefined;
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        if (release) done();
        else release = done;
      },
    });
    const marks: string[] = [];
    const source = py`
      import sys
      for i in range(100): sys.stdout.buffer.write(b"x" * 65536)
      print("all written", file=sys.stderr, flush=True)
    `;
    const promise = api.run(bundleOf(source), {
      stdout,
      stderr: (chunk) => void marks.push(chunk.toString()),
    });
    await until(() => release !== undefined);
    await sleep(200);
    expect(marks).toEqual([]);
    release?.();
    await promise;
    expect(marks).toEqual(["all written\n"]);
  });

  it("is the sink's when stdin feeds stdout: cat of 20 MB", async () => {
    const chunk = Buffer.alloc(1 << 16, "y");
    const stdin = Readable.from(Array.from({ length: 320 }, () => chunk));
    let taken = 0;
    const source = "import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)";
    const stdout = (data: Buffer) => {
      taken += data.length;
    };
    await api.run(bundleOf(source), { stdin, stdout });
    expect(taken).toBe(320 << 16);
  });
});

async function until(condition: () => boolean) {
  for (let i = 0; i < 500 && !condition(); i++) await sleep(10);
  expect(condition()).toBe(true);
}

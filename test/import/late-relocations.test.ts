// test/import/late-relocations.test.ts: OpenSSL and SQLite, which are relocated when they are first imported.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { cleanEnv, packageRoot } from "../helpers/spawn-node.js";

const release = join(packageRoot, "build", "Release");

// A process each: the first import does the work.
function python(code: string): string {
  const options = { encoding: "utf8", env: cleanEnv() } as const;
  return execFileSync(join(release, "inmem-launcher"), ["-I", "-c", code], options);
}

const uses = {
  _ssl: "import _ssl; print(len(_ssl._SSLContext(_ssl.PROTOCOL_TLS_CLIENT).get_ciphers()) > 5)",
  _hashlib: "import _hashlib; print(_hashlib.new('sha512_256', b'').hexdigest()[:8] == 'c672b8d1')",
  _sqlite3:
    "import _sqlite3; print(_sqlite3.connect(':memory:').execute('select json(1)').fetchall() == [('1',)])",
};

describe("the addon", () => {
  it.each(Object.entries(uses))("relocates what %s stands on before it is used", (_, use) => {
    expect(python(use)).toBe("True\n");
  });

  it("relocates it for subinterpreters that come at once, each with a GIL of its own", () => {
    const main = py`
      import _interpreters, threading
      def use(i):
          print(_interpreters.run_string(i, "import _hashlib, _sqlite3; _hashlib.new('sha256')"))
      ids = [_interpreters.create() for _ in range(4)]
      threads = [threading.Thread(target=use, args=(i,)) for i in ids]
      for thread in threads: thread.start()
      for thread in threads: thread.join()
      for i in ids: _interpreters.destroy(i)
    `;
    expect(python(main).match(/None/g)).toHaveLength(4);
  });

  it("has its read-only data read-only again", async () => {
    const main = py`
      def writable():
          with open("/proc/self/maps") as maps:
              return sum("inmem" in line and ".node" in line and "rw-p" in line for line in maps)
      before = writable()
      import _ssl
      print(before == writable())
    `;
    expect(python(main)).toBe("True\n");
  });

  it("leaves half of the work out of its start", () => {
    const addon = join(release, "inmem.node");
    const dynamic = execFileSync("readelf", ["-dW", addon], { encoding: "utf8" });
    const atStart = Number(/\(RELACOUNT\)\s+(\d+)/.exec(dynamic)?.[1]);
    const sections = execFileSync("readelf", ["-SW", addon], { encoding: "utf8" });
    const size = Number.parseInt(
      /\.rela\.dyn\s+RELA\s+\w+ \w+ (\w+)/.exec(sections)?.[1] ?? "",
      16,
    );
    expect(atStart).toBeGreaterThan(10_000);
    expect(atStart).toBeLessThan(0.6 * (size / 24));
  });
});

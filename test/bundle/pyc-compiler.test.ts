// test/bundle/pyc-compiler.test.ts: byte code depends on its source alone, not on what was compiled before.
import { expect, it } from "vitest";
import { dist } from "./support.js";

const { PycCompiler } = dist.pycCompiler();

// Two equal sets, one object in a fresh Python; what `some_engine` is a name in leaves it interned for good.
const EQUAL_SETS = `
def f(x): return x in {"some_engine", "min_total", "other_word"}
def g(x): return x + 2.5 in {"some_engine", "min_total", "other_word"}
`;

const SOURCES: Readonly<Record<string, string>> = {
  "sets.py": EQUAL_SETS,
  "names.py": "some_engine = min_total = other_word = 1\nkeep = (1000, 2.5, 'some text', b'bytes')",
  "more.py": "def f(keep=(1000, 2.5, 'some text')): return {'some_engine': b'bytes'}",
  "nested.py":
    "class A:\n  def f(x): return x in {1, 'some_engine'}\n  def g(x): return x in {True, 'other'}",
};

async function compileAll(names: readonly string[]): Promise<Map<string, string>> {
  const compiler = new PycCompiler({ optimize: 0 });
  const answers = new Map<string, string>();
  for (const name of names) {
    const answer = await compiler.compile(name, Buffer.from(SOURCES[name] ?? ""));
    if (!Buffer.isBuffer(answer)) throw new Error(`${name}: ${answer.failure}`);
    answers.set(name, answer.toString("hex"));
  }
  await compiler.close();
  return answers;
}

it("gives the same byte code whatever the same Python has compiled before", async () => {
  const names = Object.keys(SOURCES);
  const alone = new Map<string, string>();
  for (const name of names) for (const [key, pyc] of await compileAll([name])) alone.set(key, pyc);
  for (const order of [names, names.toReversed(), [...names.slice(1), "sets.py", "sets.py"]]) {
    for (const [name, pyc] of await compileAll(order)) expect(pyc, name).toBe(alone.get(name));
  }
});

it("tells why a source does not compile, and goes on", async () => {
  const compiler = new PycCompiler({ optimize: 0 });
  const bad = compiler.compile("bad.py", Buffer.from("def ("));
  const deep = compiler.compile("deep.py", Buffer.from(`x = ${"-".repeat(100_000)}1`));
  const good = compiler.compile("good.py", Buffer.from("x = 1"));
  expect(await bad).toMatchObject({ failure: expect.stringMatching(/^SyntaxError: /) });
  expect(await deep).toMatchObject({ failure: expect.stringMatching(/^\w+Error: /) });
  expect(Buffer.isBuffer(await good)).toBe(true);
  await compiler.close();
});

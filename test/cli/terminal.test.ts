// test/cli/terminal.test.ts: the REPL and Ctrl-C on a real terminal, typed by our own Python.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeZip } from "../bundle/support.js";
import { commandLine, spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";

type Steps = readonly (readonly [awaited: string, keys: string])[];

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const BACKSPACE = "\x7f";
const PREVIOUS = "\x10"; // Ctrl-P
const driver = join(import.meta.dirname, "drive_terminal.py");

async function onTerminal(
  words: readonly string[],
  steps: Steps,
  env: Record<string, string> = {},
): Promise<string> {
  const args = ["python", driver, JSON.stringify(steps), process.execPath, commandLine, ...words];
  // Its own HOME: the REPL's history is a file there.
  const variables = { TERM: "xterm", NO_COLOR: "1", HOME: tmpDir(), ...env };
  const { code, stdout, stderr } = await spawnCommand(args, { env: variables });
  expect([code, stderr], stdout).toEqual([0, ""]);
  return stdout;
}

describe("inmem-python python on a terminal", () => {
  it.each([
    ["the new REPL", {}],
    ["the basic one", { PYTHON_BASIC_REPL: "1" }],
  ])("is a REPL with line editing, history and Ctrl-C: %s", async (_, env) => {
    const shown = await onTerminal(
      ["python", "-q"],
      [
        [">>> ", `6*8${BACKSPACE}7\r`],
        ["42", "import time; print('rea' + 'dy'); time.sleep(30)\r"],
        ["ready", CTRL_C],
        ["KeyboardInterrupt", "print('a' + 'live')\r"],
        ["alive", PREVIOUS],
        ["'live')", "\r"],
        ["alive", "raise SystemExit(4)\r"],
      ],
      env,
    );
    expect(shown).toMatch(/status 4\n$/);
  });

  it("ends at Ctrl-D", async () => {
    const shown = await onTerminal(["python", "-q"], [[">>> ", CTRL_D]]);
    expect(shown).toMatch(/status 0\n$/);
  });

  it("is that of a run in a process of its own, which Ctrl-C reaches once", async () => {
    const path = join(tmpDir(), "app.pyz");
    const source =
      "import time\ntry:\n    print('rea' + 'dy')\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    time.sleep(0.3)\n    print('ta' + 'ken')\n";
    await writeZip(path, { "__main__.py": source });
    const shown = await onTerminal(["run", "--process", path], [["ready", CTRL_C]]);
    expect(shown).toContain("taken");
    expect(shown).toMatch(/status 0\n$/);
  });

  it("ends by SIGINT where the script does not catch it, as python does", async () => {
    const script = "import time; print('rea' + 'dy'); time.sleep(30)";
    const shown = await onTerminal(["python", "-c", script], [["ready", CTRL_C]]);
    expect(shown).toMatch(/status -2\n$/);
    expect(shown).toContain("KeyboardInterrupt");
  });
});

describe("inmem-python run on a terminal", () => {
  const stubborn = `
import time
print('ready', flush=True)
while True:
    try:
        time.sleep(30)
    except KeyboardInterrupt:
        print('not me', flush=True)
`;

  it("ends at once at the second Ctrl-C, whatever the program thinks of it", async () => {
    const path = join(tmpDir(), "app.pyz");
    await writeZip(path, { "__main__.py": stubborn });
    const started = Date.now();
    const shown = await onTerminal(
      ["run", path],
      [
        ["ready", CTRL_C],
        ["not me", CTRL_C],
      ],
    );
    expect(shown).toMatch(/status -2\n$/);
    expect(Date.now() - started).toBeLessThan(4500); // less than the grace
  });

  it("ends with 130 and says why when the program outlives the grace", async () => {
    const path = join(tmpDir(), "app.pyz");
    await writeZip(path, { "__main__.py": stubborn });
    const shown = await onTerminal(["run", path], [["ready", CTRL_C]]);
    expect(shown).toContain("inmem-python: ERR_INMEM_ABORT_TIMEOUT: ");
    expect(shown).toMatch(/status 130\n$/);
  });
});

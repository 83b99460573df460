// test/elf/support.ts: what native/elf says of a file, and what binutils' readelf says.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../helpers/spawn-node.js";
import type { Machine } from "../helpers/wheel-objects.js";

const execute = promisify(execFile);

/** A line of elf_survey (native/elf/elf_survey.cc). */
export interface Survey {
  path: string;
  error?: string;
  soname: string;
  needs: number;
  symbols: number;
  relative: number;
  relr: number;
  symbolic: number;
  irelative: number;
  text: boolean;
  versionNeeds: number;
  versionDefinitions: number;
  bindNow: boolean;
  executableStack: boolean;
  tlsBytes: number;
  relro: boolean;
  buildId: string;
  asked: number;
  found: number;
  bytes: number;
  copied: number;
  mapped: number;
  refusal: string;
}

/** One for each file. A file that is refused has an `error`. */
export async function survey(machine: Machine, files: string[]): Promise<Survey[]> {
  const program = join(packageRoot, "build", "native", "elf", "elf_survey");
  const options = { maxBuffer: 1 << 26 };
  // Status 1 tells of a refusal, which the lines tell too.
  const { stdout } = await execute(program, [machine, ...files], options).catch(
    (error: { stdout: string }) => error,
  );
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Survey);
}

/** The same facts, counted in what readelf prints. */
export async function readelf(file: string): Promise<Partial<Survey>> {
  const args = ["-W", "-D", "-d", "-r", "-n", "-l", file];
  const options = { maxBuffer: 1 << 28, env: { ...process.env, LC_ALL: "C" } };
  const { stdout: text } = await execute("readelf", args, options);
  const { stdout: symbols } = await execute("readelf", ["-W", "--dyn-syms", file], options);
  const { stdout: versions } = await execute("readelf", ["-W", "-V", file], options);
  const count = (pattern: RegExp, where = text) => [...where.matchAll(pattern)].length;
  const flags = [...text.matchAll(/\((?:FLAGS|FLAGS_1|BIND_NOW)\)(.*)$/gm)].join(" ");
  const stack = text.match(/^ {2}GNU_STACK +(?:0x\w+ +){5}([RWE ]+?) +(?:0x\w+|0)$/m)?.[1] ?? "E";
  const tls = text.match(/^ {2}TLS +(?:0x\w+ +){4}(0x\w+)/m)?.[1];
  return {
    soname: text.match(/Library soname: \[(.*)\]/)?.[1] ?? "",
    needs: count(/\(NEEDED\)/g),
    symbols: Number(symbols.match(/'\.dynsym' contains (\d+) entr/)?.[1]),
    relative: count(/^[0-9a-f]{16} +[0-9a-f]{16} +R_\w+_RELATIV/gm),
    irelative: count(/^[0-9a-f]{16} +[0-9a-f]{16} +R_\w+_IRELATIV/gm),
    // The upper half of r_info is the symbol.
    symbolic: count(/^[0-9a-f]{16} +(?!00000000)[0-9a-f]{16} +R_/gm),
    text: /\(TEXTREL\)/.test(text),
    versionNeeds: count(/ Name: .* Flags: .* Version: /g, versions),
    versionDefinitions: count(/ Rev: .* Name: /g, versions),
    bindNow: /BIND_NOW|NOW/.test(flags),
    executableStack: /E/.test(stack),
    tlsBytes: tls === undefined ? 0 : Number(tls),
    relro: /^ {2}GNU_RELRO/m.test(text),
    buildId: text.match(/Build ID: (\w+)/)?.[1] ?? "",
  };
}

// lib/cli/symbols.ts: `inmem-python symbols`.
import { binding } from "../binding.js";
import { symbolsOf } from "../symbols.js";

/** Writes them and tells what is where; gives the exit status. */
export function symbolsCommand(pid: number, folder: string): number {
  const { gdbCommands, symfs, objects, mapped, missing } = symbolsOf(binding, folder, pid);
  const lines = [
    `${objects.length} shared objects written`,
    `gdb:  gdb -p ${pid} -x ${gdbCommands}`,
    `perf: perf report --symfs ${symfs}`,
  ];
  if (mapped.length > 0) {
    const many = mapped.length === 1 ? "1 object that is" : `${mapped.length} objects that are`;
    lines.push(`perf shows the bundle's name for ${many} mapped from the bundle`);
  }
  for (const path of missing) lines.push(`not found: ${path}`);
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

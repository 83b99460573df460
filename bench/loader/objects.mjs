// bench/loader/objects.mjs: the shared objects of an installed folder, and how much of each is read-only.
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

const PT_LOAD = 1;
const PF_W = 2;

/** Names of all ELF files called *.so or *.so.1, sorted. */
export function objectsIn(folder) {
  const names = readdirSync(folder, { recursive: true });
  return names.filter((n) => /\.so(\.[\d.]+)?$/.test(n) && isElf(join(folder, n))).sort();
}

function isElf(file) {
  return readAt(file, 0, 4).equals(Buffer.from("\x7fELF", "latin1"));
}

/** Bytes of the pages that its PT_LOADs without PF_W span. */
export function readOnlyBytes(file, pageBytes = 4096n) {
  const header = readAt(file, 0, 64);
  const size = header.readUInt16LE(54);
  const count = header.readUInt16LE(56);
  const table = readAt(file, Number(header.readBigUInt64LE(32)), size * count);
  let total = 0n;
  for (let at = 0; at < table.length; at += size) {
    const [type, flags] = [table.readUInt32LE(at), table.readUInt32LE(at + 4)];
    if (type !== PT_LOAD || (flags & PF_W) !== 0) continue;
    const begin = table.readBigUInt64LE(at + 16);
    const end = begin + table.readBigUInt64LE(at + 40);
    const last = (end + pageBytes - 1n) / pageBytes;
    total += (last - begin / pageBytes) * pageBytes;
  }
  return Number(total);
}

function readAt(file, position, bytes) {
  const fd = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(fd, buffer, 0, bytes, position));
  } finally {
    closeSync(fd);
  }
}

// lib/link-map.ts: the dynamic linker's list of what a process has loaded, read from outside.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

export interface LoadedFile {
  /** link_map::l_name: for an object of a bundle, its virtual path. */
  readonly path: string;
  /** link_map::l_addr. */
  readonly base: number;
}

// <elf.h>, <link.h>; 64 bits, little endian.
const AT_PHDR = 3;
const AT_PHNUM = 5;
const PT_DYNAMIC = 2;
const PT_PHDR = 6;
const DT_DEBUG = 21;
const PROGRAM_HEADER_BYTES = 56;
const MAX_OBJECTS = 100_000; // a list that is being changed may seem endless

/**
 * As gdb does it: the program's DT_DEBUG leads to r_debug, and that to the list.
 * @throws {Error} no such process, or this user may not look into it.
 */
export function linkMap(pid: number): LoadedFile[] {
  const memory = new Memory(pid);
  try {
    const files: LoadedFile[] = [];
    let at = memory.number(debugAddress(memory, pid) + 8);
    while (at !== 0 && files.length < MAX_OBJECTS) {
      files.push({ base: memory.number(at), path: memory.text(memory.number(at + 8)) });
      at = memory.number(at + 24);
    }
    return files;
  } finally {
    memory.close();
  }
}

function debugAddress(memory: Memory, pid: number): number {
  const auxiliary = pairs(readFileSync(`/proc/${pid}/auxv`));
  const headers = auxiliary.get(AT_PHDR) ?? 0;
  const table = memory.bytes(headers, (auxiliary.get(AT_PHNUM) ?? 0) * PROGRAM_HEADER_BYTES);
  const segments = new Map<number, { address: number; size: number }>();
  for (let at = 0; at < table.length; at += PROGRAM_HEADER_BYTES) {
    const number = (offset: number) => Number(table.readBigUInt64LE(at + offset));
    segments.set(table.readUInt32LE(at), { address: number(16), size: number(40) });
  }
  const dynamic = segments.get(PT_DYNAMIC);
  const self = segments.get(PT_PHDR);
  if (dynamic === undefined) throw new Error(`process ${pid}: a static program loads nothing`);
  const bias = self === undefined ? 0 : headers - self.address;
  const address = pairs(memory.bytes(bias + dynamic.address, dynamic.size)).get(DT_DEBUG) ?? 0;
  if (address === 0) throw new Error(`process ${pid}: the dynamic linker has not begun yet`);
  return address;
}

/** auxv_t and Elf64_Dyn are a key and a value each; the first of a key counts. */
function pairs(bytes: Buffer): Map<number, number> {
  const map = new Map<number, number>();
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const key = Number(bytes.readBigUInt64LE(at));
    if (key === 0) break;
    if (!map.has(key)) map.set(key, Number(bytes.readBigUInt64LE(at + 8)));
  }
  return map;
}

/** /proc/PID/mem. */
class Memory {
  readonly #fd: number;

  constructor(pid: number) {
    this.#fd = openSync(`/proc/${pid}/mem`, "r");
  }

  close(): void {
    closeSync(this.#fd);
  }

  bytes(address: number, count: number): Buffer {
    const buffer = Buffer.alloc(count);
    const got = readSync(this.#fd, buffer, 0, count, address);
    if (got < count) throw new Error(`only ${got} of ${count} bytes at 0x${address.toString(16)}`);
    return buffer;
  }

  number(address: number): number {
    return Number(this.bytes(address, 8).readBigUInt64LE());
  }

  /** Up to its NUL, a page at a time: what lies behind may not be mapped. */
  text(address: number): string {
    const pieces: Buffer[] = [];
    for (let at = address; pieces.length < 16; ) {
      const piece = this.bytes(at, 256 - (at % 256));
      const end = piece.indexOf(0);
      pieces.push(end < 0 ? piece : piece.subarray(0, end));
      if (end >= 0) break;
      at += piece.length;
    }
    return Buffer.concat(pieces).toString();
  }
}

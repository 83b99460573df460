// lib/perf-symbols.ts: the functions of objects that are mapped from one bundle, as an ELF file that perf takes for it.

/** An object of the bundle: all its bytes, and where in the bundle's file they begin. */
export interface MappedObject {
  readonly bytes: Buffer;
  readonly dataOffset: number;
}

// <elf.h>; 64 bits, little endian.
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const SECTION_HEADER_BYTES = 64;
const SYMBOL_BYTES = 24;
const PT_LOAD = 1;
const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;
const FUNCTIONS: readonly number[] = [2, 10]; // STT_FUNC, STT_GNU_IFUNC
const READ_EXECUTE = 5;
const ALLOC_EXECUTE = 6;
const GLOBAL_FUNCTION = 0x12;
const TEXT = 1; // the section's index

/**
 * perf knows a place by its file and the offset in it. So this is a file in which the address of each
 * function is its offset in the bundle, below one segment that is as large as the bundle.
 * @returns undefined where no function is named.
 */
export function perfSymbols(
  objects: readonly MappedObject[],
  bundleBytes: number,
): Buffer | undefined {
  const names: Buffer[] = [Buffer.from([0])];
  const symbols: Buffer[] = [Buffer.alloc(SYMBOL_BYTES)];
  let nameOffset = 1;
  for (const { bytes, dataOffset } of objects) {
    for (const { name, offset, size } of functionsOf(bytes)) {
      const symbol = Buffer.alloc(SYMBOL_BYTES);
      symbol.writeUInt32LE(nameOffset, 0);
      symbol[4] = GLOBAL_FUNCTION;
      symbol.writeUInt16LE(TEXT, 6);
      symbol.writeBigUInt64LE(BigInt(dataOffset + offset), 8);
      symbol.writeBigUInt64LE(BigInt(size), 16);
      symbols.push(symbol);
      names.push(name, Buffer.from([0]));
      nameOffset += name.length + 1;
    }
  }
  if (symbols.length === 1) return undefined;
  const machine = objects.find(isWhole)?.bytes.readUInt16LE(18) ?? 0;
  return fileOf(Buffer.concat(symbols), Buffer.concat(names), bundleBytes, machine);
}

function fileOf(symbols: Buffer, names: Buffer, bundleBytes: number, machine: number): Buffer {
  const sectionNames = Buffer.from("\0.text\0.symtab\0.strtab\0.shstrtab\0");
  const at = (name: string) => sectionNames.indexOf(`\0${name}\0`) + 1;
  const symbolsAt = HEADER_BYTES + PROGRAM_HEADER_BYTES;
  const namesAt = symbolsAt + symbols.length;
  const sectionNamesAt = namesAt + names.length;
  const sections = [
    section({}),
    section({ name: at(".text"), type: SHT_NOBITS, flags: ALLOC_EXECUTE, size: bundleBytes }),
    section({
      ...{ name: at(".symtab"), type: SHT_SYMTAB, offset: symbolsAt, size: symbols.length },
      ...{ link: 3, info: 1, entryBytes: SYMBOL_BYTES },
    }),
    section({ name: at(".strtab"), type: SHT_STRTAB, offset: namesAt, size: names.length }),
    section({
      ...{ name: at(".shstrtab"), type: SHT_STRTAB, offset: sectionNamesAt },
      size: sectionNames.length,
    }),
  ];
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(3, 16); // ET_DYN
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(HEADER_BYTES), 32); // e_phoff
  header.writeBigUInt64LE(BigInt(sectionNamesAt + sectionNames.length), 40); // e_shoff
  const sizes = [HEADER_BYTES, PROGRAM_HEADER_BYTES, 1, SECTION_HEADER_BYTES, sections.length, 4];
  for (const [index, value] of sizes.entries()) header.writeUInt16LE(value, 52 + 2 * index);
  const segment = Buffer.alloc(PROGRAM_HEADER_BYTES);
  segment.writeUInt32LE(PT_LOAD, 0);
  segment.writeUInt32LE(READ_EXECUTE, 4);
  for (const place of [32, 40]) segment.writeBigUInt64LE(BigInt(bundleBytes), place);
  segment.writeBigUInt64LE(1n, 48); // p_align: offsets are what they are
  return Buffer.concat([header, segment, symbols, names, sectionNames, ...sections]);
}

interface Section {
  readonly name?: number;
  readonly type?: number;
  readonly flags?: number;
  readonly offset?: number;
  readonly size?: number;
  readonly link?: number;
  readonly info?: number;
  readonly entryBytes?: number;
}

function section(what: Section): Buffer {
  const { name = 0, type = 0, flags = 0, offset = 0, size = 0 } = what;
  const { link = 0, info = 0, entryBytes = 0 } = what;
  const buffer = Buffer.alloc(SECTION_HEADER_BYTES);
  buffer.writeUInt32LE(name, 0);
  buffer.writeUInt32LE(type, 4);
  buffer.writeBigUInt64LE(BigInt(flags), 8);
  buffer.writeBigUInt64LE(BigInt(offset), 24);
  buffer.writeBigUInt64LE(BigInt(size), 32);
  buffer.writeUInt32LE(link, 40);
  buffer.writeUInt32LE(info, 44);
  buffer.writeBigUInt64LE(1n, 48);
  buffer.writeBigUInt64LE(BigInt(entryBytes), 56);
  return buffer;
}

interface NamedFunction {
  readonly name: Buffer;
  /** In the object's file. */
  readonly offset: number;
  readonly size: number;
}

/**
 * By the full table where there is one, else by what the object exports. Nobody has checked the section headers
 * of a loaded object: what lies outside of it is left out.
 */
function* functionsOf(bytes: Buffer): Generator<NamedFunction> {
  if (!isWhole({ bytes })) return;
  const sections = tableOf(bytes, number(bytes, 40), bytes.readUInt16LE(60), SECTION_HEADER_BYTES);
  const table =
    sections.find((one) => one.readUInt32LE(4) === SHT_SYMTAB) ??
    sections.find((one) => one.readUInt32LE(4) === SHT_DYNSYM);
  const names = table && sections[table.readUInt32LE(40)];
  if (!table || !names) return;
  const text = contentOf(bytes, names);
  const symbols = contentOf(bytes, table);
  const loads = tableOf(bytes, number(bytes, 32), bytes.readUInt16LE(56), PROGRAM_HEADER_BYTES)
    .filter((one) => one.readUInt32LE(0) === PT_LOAD)
    .map((one) => ({ offset: number(one, 8), address: number(one, 16), size: number(one, 32) }));
  for (let at = 0; at + SYMBOL_BYTES <= symbols.length; at += SYMBOL_BYTES) {
    const isHere = symbols.readUInt16LE(at + 6) !== 0;
    if (!isHere || !FUNCTIONS.includes((symbols[at + 4] ?? 0) & 15)) continue;
    const address = number(symbols, at + 8);
    const load = loads.find((one) => address >= one.address && address < one.address + one.size);
    const start = symbols.readUInt32LE(at);
    const end = text.indexOf(0, start);
    if (!load || end <= start) continue;
    const offset = address - load.address + load.offset;
    const size = number(symbols, at + 16);
    if (offset + size <= bytes.length) yield { name: text.subarray(start, end), offset, size };
  }
}

function isWhole({ bytes }: Pick<MappedObject, "bytes">): boolean {
  return bytes.length >= HEADER_BYTES;
}

function tableOf(bytes: Buffer, offset: number, count: number, size: number): Buffer[] {
  if (offset + count * size > bytes.length) return [];
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(offset + index * size, offset + (index + 1) * size),
  );
}

function contentOf(bytes: Buffer, header: Buffer): Buffer {
  const offset = number(header, 24);
  return bytes.subarray(offset, offset + number(header, 32));
}

function number(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

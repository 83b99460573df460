// scripts/house/zip.mjs: a small zip writer for tests and benchmarks, able to write what a good writer never would.
import { crc32, deflateRawSync } from "node:zlib";

/**
 * @typedef {object} ZipEntry
 * @property {string | Uint8Array} name  UTF-8 where it is a string.
 * @property {string | Uint8Array} [data]
 * @property {0 | 8 | number} [method]  8 deflates; any other number stores the data as given.
 * @property {number} [flags]  General purpose bits; 0x800 (UTF-8) by default.
 * @property {number} [mode]  Unix mode with file type, 0o100644 by default.
 * @property {number} [align]  The data starts at a multiple of this.
 * @property {number} [crc]  Lies, for bad input: each replaces the true value in both headers.
 * @property {number} [size]
 * @property {number} [compressedSize]
 * @property {number} [offset]  Where the central directory says that the local header lies.
 * @property {Partial<Pick<ZipEntry, "name" | "method" | "flags" | "crc" | "size" | "compressedSize">>} [local]
 *   What the local header says instead.
 * @property {boolean} [zip64]  Sizes and offset go into a zip64 extra field.
 */

/**
 * @typedef {object} ZipOptions
 * @property {string | Uint8Array} [prefix]  Bytes before the archive; offsets count from the archive's own start unless `absolute`.
 * @property {boolean} [absolute]  Offsets count from the start of the prefix.
 * @property {string} [comment]
 * @property {boolean} [zip64]  A zip64 end of central directory record and its locator.
 * @property {(fields: EndFields) => void} [end]  Changes the end record's fields before it is written.
 */

/** @typedef {{ entries: number, directorySize: number, directoryOffset: number, disk: number }} EndFields */

/**
 * A zip of these entries: an object of name -> content, or a list.
 * @param {Record<string, string | Uint8Array> | Iterable<ZipEntry>} entries
 * @param {ZipOptions} [options]
 * @returns {Buffer}
 */
export function makeZip(entries, options = {}) {
  const prefix = bytes(options.prefix ?? "");
  const base = options.absolute ? prefix.length : 0;
  const parts = [prefix];
  const directory = [];
  let position = 0;
  for (const entry of list(entries)) {
    const packed = pack(entry);
    const extra = padding(entry, packed, prefix.length + position);
    const header = localHeader(packed, entry, extra);
    directory.push(centralRecord(packed, entry, entry.offset ?? base + position));
    parts.push(header, packed.data);
    position += header.length + packed.data.length;
  }
  const central = Buffer.concat(directory);
  const end = {
    entries: directory.length,
    directorySize: central.length,
    directoryOffset: base + position,
    disk: 0,
  };
  options.end?.(end);
  parts.push(central);
  if (options.zip64) parts.push(zip64End(end, base + position + central.length));
  parts.push(endRecord(end, options));
  return Buffer.concat(parts);
}

function list(entries) {
  if (Symbol.iterator in entries) return entries;
  return Object.entries(entries).map(([name, data]) => ({ name, data }));
}

function bytes(value) {
  return typeof value === "string" ? Buffer.from(value) : Buffer.from(value);
}

function pack(entry) {
  const plain = bytes(entry.data ?? "");
  const method = entry.method ?? 0;
  const data = method === 8 ? deflateRawSync(plain) : plain;
  return {
    name: bytes(entry.name),
    data,
    method,
    flags: entry.flags ?? 0x800,
    crc: entry.crc ?? crc32(plain),
    size: entry.size ?? plain.length,
    compressedSize: entry.compressedSize ?? data.length,
  };
}

// An extra field of a private kind that moves the data to the next multiple.
function padding(entry, packed, position) {
  if (!entry.align) return Buffer.alloc(0);
  const start = position + 30 + packed.name.length + 4 + (entry.zip64 ? 20 : 0);
  const extra = Buffer.alloc(4 + ((entry.align - (start % entry.align)) % entry.align));
  extra.writeUInt16LE(0xd935, 0);
  extra.writeUInt16LE(extra.length - 4, 2);
  return extra;
}

// 30 bytes of fields, name, extra: PKWARE APPNOTE 4.3.7.
function localHeader(packed, entry, padded) {
  const local = { ...packed, ...entry.local };
  const name = bytes(local.name);
  const extra = Buffer.concat([
    entry.zip64 ? zip64Extra([local.size, local.compressedSize]) : Buffer.alloc(0),
    padded,
  ]);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(entry.zip64 ? 45 : 20, 4);
  header.writeUInt16LE(local.flags, 6);
  header.writeUInt16LE(local.method, 8);
  header.writeUInt16LE(0, 10); // time: midnight
  header.writeUInt16LE(0x21, 12); // date: 1980-01-01
  header.writeUInt32LE(local.crc, 14);
  header.writeUInt32LE(field32(local.compressedSize, entry.zip64), 18);
  header.writeUInt32LE(field32(local.size, entry.zip64), 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

// 46 bytes of fields, name, extra: APPNOTE 4.3.12.
function centralRecord(packed, entry, offset) {
  const extra = entry.zip64
    ? zip64Extra([packed.size, packed.compressedSize, offset])
    : Buffer.alloc(0);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE((3 << 8) | 45, 4); // made by: Unix
  record.writeUInt16LE(entry.zip64 ? 45 : 20, 6);
  record.writeUInt16LE(packed.flags, 8);
  record.writeUInt16LE(packed.method, 10);
  record.writeUInt16LE(0, 12);
  record.writeUInt16LE(0x21, 14);
  record.writeUInt32LE(packed.crc, 16);
  record.writeUInt32LE(field32(packed.compressedSize, entry.zip64), 20);
  record.writeUInt32LE(field32(packed.size, entry.zip64), 24);
  record.writeUInt16LE(packed.name.length, 28);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
  record.writeUInt32LE(field32(offset, entry.zip64), 42);
  return Buffer.concat([record, packed.name, extra]);
}

function field32(value, zip64) {
  return zip64 ? 0xffffffff : value >>> 0;
}

function zip64Extra(values) {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return extra;
}

// APPNOTE 4.3.14 and 4.3.15.
function zip64End(end, offset) {
  const out = Buffer.alloc(56 + 20);
  out.writeUInt32LE(0x06064b50, 0);
  out.writeBigUInt64LE(44n, 4);
  out.writeUInt16LE(45, 12);
  out.writeUInt16LE(45, 14);
  out.writeUInt32LE(end.disk, 16);
  out.writeUInt32LE(end.disk, 20);
  out.writeBigUInt64LE(BigInt(end.entries), 24);
  out.writeBigUInt64LE(BigInt(end.entries), 32);
  out.writeBigUInt64LE(BigInt(end.directorySize), 40);
  out.writeBigUInt64LE(BigInt(end.directoryOffset), 48);
  out.writeUInt32LE(0x07064b50, 56);
  out.writeUInt32LE(end.disk, 60);
  out.writeBigUInt64LE(BigInt(offset), 64);
  out.writeUInt32LE(1, 72);
  return out;
}

// APPNOTE 4.3.16. Counts beyond 16 bits are what zip64 is for.
function endRecord(end, options) {
  const comment = bytes(options.comment ?? "");
  const many = options.zip64 || end.entries > 0xffff;
  if (many && !options.zip64) throw new RangeError(`${end.entries} entries need zip64: true`);
  const out = Buffer.alloc(22);
  out.writeUInt32LE(0x06054b50, 0);
  out.writeUInt16LE(end.disk, 4);
  out.writeUInt16LE(end.disk, 6);
  out.writeUInt16LE(many ? 0xffff : end.entries, 8);
  out.writeUInt16LE(many ? 0xffff : end.entries, 10);
  out.writeUInt32LE(many ? 0xffffffff : end.directorySize >>> 0, 12);
  out.writeUInt32LE(many ? 0xffffffff : end.directoryOffset >>> 0, 16);
  out.writeUInt16LE(comment.length, 20);
  return Buffer.concat([out, comment]);
}

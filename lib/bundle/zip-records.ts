// lib/bundle/zip-records.ts: the bytes of zip's headers (APPNOTE 6.3, little endian).

/** What the headers tell about one entry. */
export interface ZipRecord {
  readonly name: Buffer;
  readonly method: number;
  readonly crc32: number;
  readonly sizeBytes: number;
  readonly compressedSizeBytes: number;
  /** Permission bits: 0o644 or 0o755. */
  readonly mode: number;
  readonly offsetBytes: number;
}

/** Largest value of a 32-bit field: all ones says "look into zip64". */
const MAX32 = 0xffffffff;
const MAX16 = 0xffff;

const LOCAL_HEADER_SIZE = 30;
const CENTRAL_HEADER_SIZE = 46;
const ZIP64_FIELD = 0x0001;
/** The id that Android's zipalign gives to padding; others skip it. */
const ALIGNMENT_FIELD = 0xd935;
const ALIGNMENT_FIELD_MIN_SIZE = 6;

const VERSION_PLAIN = 20;
const VERSION_ZIP64 = 45;
const VERSION_ZSTD = 63;
const METHOD_ZSTD = 93;
const MADE_ON_UNIX = 3 << 8;
const FLAG_UTF8 = 0x0800;
/** 1980-01-01 00:00:00, the earliest that zip knows: same input, same bytes. */
const DOS_DATE = (1 << 5) | 1;
const REGULAR_FILE = 0o100000;

/**
 * The local file header with name and extra fields, padded so that the
 * entry's data begins at a multiple of `alignment`.
 */
export function localHeader(record: ZipRecord, alignment: number): Buffer {
  const large = record.sizeBytes >= MAX32 || record.compressedSizeBytes >= MAX32;
  const zip64 = large
    ? zip64Field([record.sizeBytes, record.compressedSizeBytes])
    : Buffer.alloc(0);
  const end = record.offsetBytes + LOCAL_HEADER_SIZE + record.name.length + zip64.length;
  const padding = alignmentField(end, alignment);
  const header = Buffer.alloc(LOCAL_HEADER_SIZE);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(versionNeeded(record.method, large), 4);
  header.writeUInt16LE(FLAG_UTF8, 6);
  header.writeUInt16LE(record.method, 8);
  header.writeUInt16LE(0, 10);
  header.writeUInt16LE(DOS_DATE, 12);
  header.writeUInt32LE(record.crc32, 14);
  // Here zip64 replaces both sizes, or neither.
  header.writeUInt32LE(large ? MAX32 : record.compressedSizeBytes, 18);
  header.writeUInt32LE(large ? MAX32 : record.sizeBytes, 22);
  header.writeUInt16LE(record.name.length, 26);
  header.writeUInt16LE(zip64.length + padding.length, 28);
  return Buffer.concat([header, record.name, zip64, padding]);
}

/** The entry's record in the central directory, with name and zip64 field. */
export function centralHeader(record: ZipRecord): Buffer {
  const values = [record.sizeBytes, record.compressedSizeBytes, record.offsetBytes];
  const beyond = values.filter((value) => value >= MAX32);
  const zip64 = beyond.length > 0 ? zip64Field(beyond) : Buffer.alloc(0);
  const version = versionNeeded(record.method, beyond.length > 0);
  const header = Buffer.alloc(CENTRAL_HEADER_SIZE);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(MADE_ON_UNIX | version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(FLAG_UTF8, 8);
  header.writeUInt16LE(record.method, 10);
  header.writeUInt16LE(0, 12);
  header.writeUInt16LE(DOS_DATE, 14);
  header.writeUInt32LE(record.crc32, 16);
  header.writeUInt32LE(Math.min(record.compressedSizeBytes, MAX32), 20);
  header.writeUInt32LE(Math.min(record.sizeBytes, MAX32), 24);
  header.writeUInt16LE(record.name.length, 28);
  header.writeUInt16LE(zip64.length, 30);
  header.writeUInt32LE(((REGULAR_FILE | record.mode) << 16) >>> 0, 38);
  header.writeUInt32LE(Math.min(record.offsetBytes, MAX32), 42);
  return Buffer.concat([header, record.name, zip64]);
}

function versionNeeded(method: number, zip64: boolean): number {
  if (method === METHOD_ZSTD) return VERSION_ZSTD;
  return zip64 ? VERSION_ZIP64 : VERSION_PLAIN;
}

/** Where the central directory lies, for the records after it. */
export interface DirectoryExtent {
  readonly count: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** End of central directory, preceded by zip64's two records where needed. */
export function endRecords(directory: DirectoryExtent): Buffer {
  const { count, offsetBytes, sizeBytes } = directory;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX16), 8);
  end.writeUInt16LE(Math.min(count, MAX16), 10);
  end.writeUInt32LE(Math.min(sizeBytes, MAX32), 12);
  end.writeUInt32LE(Math.min(offsetBytes, MAX32), 16);
  const beyond = count >= MAX16 || sizeBytes >= MAX32 || offsetBytes >= MAX32;
  return beyond ? Buffer.concat([zip64EndRecords(directory), end]) : end;
}

function zip64EndRecords({ count, offsetBytes, sizeBytes }: DirectoryExtent): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  writeUInt64LE(record, 44, 4); // what follows this field
  record.writeUInt16LE(MADE_ON_UNIX | VERSION_ZIP64, 12);
  record.writeUInt16LE(VERSION_ZIP64, 14);
  writeUInt64LE(record, count, 24);
  writeUInt64LE(record, count, 32);
  writeUInt64LE(record, sizeBytes, 40);
  writeUInt64LE(record, offsetBytes, 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  writeUInt64LE(locator, offsetBytes + sizeBytes, 8);
  locator.writeUInt32LE(1, 16); // number of disks
  return Buffer.concat([record, locator]);
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(ZIP64_FIELD, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [index, value] of values.entries()) writeUInt64LE(field, value, 4 + 8 * index);
  return field;
}

// Empty where `offset` is aligned already. An extra field takes at least its
// own six bytes, so a smaller gap is widened by whole steps.
function alignmentField(offset: number, alignment: number): Buffer {
  let gap = (alignment - (offset % alignment)) % alignment;
  if (gap === 0) return Buffer.alloc(0);
  while (gap < ALIGNMENT_FIELD_MIN_SIZE) gap += alignment;
  const field = Buffer.alloc(gap);
  field.writeUInt16LE(ALIGNMENT_FIELD, 0);
  field.writeUInt16LE(gap - 4, 2);
  field.writeUInt16LE(alignment, 4);
  return field;
}

function writeUInt64LE(buffer: Buffer, value: number, offset: number): void {
  buffer.writeBigUInt64LE(BigInt(value), offset);
}

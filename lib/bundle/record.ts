// lib/bundle/record.ts: RECORD, the list of a wheel's files with their hashes.

/** What RECORD says of one file. */
export interface RecordRow {
  readonly path: string;
  /** Name of the hash function as RECORD spells it, `""` without one. */
  readonly algorithm: string;
  /** Hexadecimal, `""` without one. */
  readonly digest: string;
  /** The rest of the row, as it stands: the hash and the size. */
  readonly rest: string;
}

/**
 * The rows of a RECORD file: CSV as RFC 4180 has it.
 * @throws {Error} with what is wrong, for a row that is none.
 */
export function parseRecord(text: string): RecordRow[] {
  return csvRows(text).map((cells, index) => {
    const [path = "", hash = "", size = ""] = cells;
    if (path === "" || cells.length > 3) {
      throw new Error(`row ${index + 1} of RECORD has ${cells.length} cells (expected 3)`);
    }
    const equals = hash.indexOf("=");
    return {
      path,
      algorithm: equals < 0 ? hash : hash.slice(0, equals),
      digest: equals < 0 ? "" : Buffer.from(hash.slice(equals + 1), "base64url").toString("hex"),
      rest: `,${hash},${size}`,
    };
  });
}

/** The same rows with other paths: where an installer has put the files. */
export function renameInRecord(
  rows: readonly RecordRow[],
  newName: (path: string) => string,
): Buffer {
  const lines = rows.map(({ path, rest }) => `${quoted(newName(path))}${rest}\n`);
  return Buffer.from(lines.join(""), "utf8");
}

function quoted(path: string): string {
  return /[",\r\n]/.test(path) ? `"${path.replaceAll('"', '""')}"` : path;
}

function csvRows(text: string): string[][] {
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y;
  const rows: string[][] = [];
  let row: string[] = [];
  while (cell.lastIndex < text.length || row.length > 0) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    if (!found) throw new Error(`RECORD is no CSV at its character ${at + 1}`);
    row.push(found[1] === undefined ? (found[2] ?? "") : found[1].replaceAll('""', '"'));
    if (found[3] === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row); // not an empty line
    row = [];
    if (found[3] === "") break;
  }
  return rows;
}

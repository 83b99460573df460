// lib/bridge/formats.ts: formats of Python's buffers: letters of `struct`, and what PEP 3118 and numpy add.

/** Bytes, on this machine and where the format begins with a byte order. `g` is x86-64's and aarch64's. */
const sizes: Readonly<Record<string, readonly [here: number, standard: number]>> = {
  ...same(1, "bB?csx"),
  ...same(2, "hHe"),
  ...same(4, "iIfw"),
  ...same(8, "qQd"),
  l: [8, 4],
  L: [8, 4],
  n: [8, 0],
  N: [8, 0],
  P: [8, 0],
  g: [16, 16],
};

function same(bytes: number, letters: string): Record<string, readonly [number, number]> {
  return Object.fromEntries([...letters].map((letter) => [letter, [bytes, bytes]]));
}

/** Text and padding have a length: `3s`, numpy's `2w`. */
const COUNTED = "sxw";
const IS_TIME = /^[<>=|]?[mM]8(\[\w+\])?$/;

/**
 * Bytes of one element.
 * @returns undefined: a structure's format does not say it.
 * @throws {TypeError} no format of an element's.
 */
export function sizeOfFormat(format: string): number | undefined {
  if (hasObjects(format)) {
    throw new TypeError(
      `asBuffer(): format ${JSON.stringify(format)} is of references to Python objects, which JavaScript's memory does not hold`,
    );
  }
  if (IS_TIME.test(format)) return 8;
  if (/^[@=<>!^|]?T\{.*\}$/s.test(format)) return undefined;
  const [, order = "", count = "", complex = "", letter = ""] =
    /^([@=<>!]?)(\d{0,9})(Z?)([A-Za-z?])$/.exec(format) ?? [];
  const size = sizes[letter]?.[order === "" || order === "@" ? 0 : 1] ?? 0;
  const isCounted = count === "" || (COUNTED.includes(letter) && Number(count) > 0);
  if (size === 0 || !isCounted || (complex !== "" && !"fdg".includes(letter))) {
    throw new TypeError(
      `asBuffer(): ${JSON.stringify(format)} is no format of an element: one letter of Python's struct (a byte order before it), ` +
        "Zf or Zd, 3s, 2w, <M8[ns], or a structure T{...} with its itemsize",
    );
  }
  return size * (count === "" ? 1 : Number(count)) * (complex === "" ? 1 : 2);
}

/** Names of a structure's fields stand between colons. */
function hasObjects(format: string): boolean {
  return format.replace(/:[^:]*:/g, "").includes("O");
}

/**
 * The format of elements that getBuffer() has given in a typed array, which has them in this
 * machine's order. `letter` is the typed array's.
 */
export function formatHere(format: string, letter: string, hasHalves: boolean): string {
  if (letter === "e" && !hasHalves) return "f";
  return /^[>!]/.test(format) ? format.slice(1).replace(/[lL]$/, letter) : format;
}

// scripts/house/hex-corpus.mjs: bytes as text that git can hold, in the form native/fuzz/corpus.cc reads.

/** "size BYTES", then rows of "OFFSET HEX" for what is not zero; `remark` above. */
export function toHexText(bytes, remark) {
  const lines = [`# ${remark}`, `size ${bytes.length}`];
  for (let at = 0; at < bytes.length; at += 32) {
    const row = bytes.subarray(at, at + 32);
    if (row.every((byte) => byte === 0)) continue;
    lines.push(`${at.toString(16).padStart(4, "0")} ${row.toString("hex")}`);
  }
  return `${lines.join("\n")}\n`;
}

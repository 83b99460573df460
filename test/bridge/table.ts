// test/bridge/table.ts: reads the table of docs/conversion.md.
import { readFileSync } from "node:fs";

export interface Row {
  readonly from: "Python" | "JavaScript";
  readonly by: "call" | "toJs" | "toPy";
  readonly value: string;
  readonly becomes: string;
  readonly back: string;
  readonly loss: string;
}

export function readTable(): Row[] {
  const text = readFileSync(new URL("../../docs/conversion.md", import.meta.url), "utf8");
  const lines = text.split("\n").filter((line) => /^\| (Python|JavaScript) \|/.test(line));
  return lines.map((line) => {
    const cells = line.slice(1, -1).split("|");
    const [from, by, value, becomes, back, loss] = cells.map((cell) => cell.trim());
    return { from, by, value: codeOf(value ?? ""), becomes, back, loss } as Row;
  });
}

/** What stands between backticks, or the words. */
export function codeOf(cell: string): string {
  return /^`(.*)`$/.exec(cell)?.[1] ?? cell;
}

export function isCode(cell: string): boolean {
  return cell.startsWith("`");
}

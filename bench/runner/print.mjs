// bench/runner/print.mjs: results as people read them.
import Table from "cli-table3";

export function printMachine(facts) {
  console.log(
    Object.entries(facts)
      .filter(([, value]) => value !== "")
      .map(([key, value]) => `${key}: ${value}`)
      .join("\n"),
  );
}

export function printTable(result) {
  console.log(`\n${result.name}: ${result.about}`);
  const table = new Table({
    head: ["", `side (${result.unit})`, "median", "min", "q1", "q3", "max", "n"],
    colAligns: ["left", "left", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const side of result.sides) {
    const numbers = [side.median, side.min, side.q1, side.q3, side.max].map(figure);
    table.push([side.side, side.label, ...numbers, side.n]);
  }
  console.log(table.toString());
  console.log(
    `A/${result.best} ${result.ratio.toFixed(2)}, control A/A' ${result.control.toFixed(2)}`,
  );
  for (const note of result.notes) console.log(note);
}

/** The last lines: one a demand. */
export function printDemands(results) {
  console.log("");
  for (const { name, ratio, ...demand } of results) {
    console.log(`${name}: ${ratio.toFixed(2)}${asked(demand)}`);
  }
}

/** " (asked 0.9)", " (asked at least 8)", or nothing. */
export function asked({ limit, atLeast }) {
  if (limit === undefined) return "";
  return ` (asked ${atLeast ? "at least " : ""}${limit})`;
}

function figure(value) {
  if (value >= 1000) return value.toFixed(0);
  return value >= 100 ? value.toFixed(1) : value.toFixed(2);
}

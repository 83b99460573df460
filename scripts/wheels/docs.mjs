// scripts/wheels/docs.mjs: writes the outcome of a whole run into docs/wheels.md, with date and machine.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { root } from "../house/main.mjs";
import { pinned } from "./subjects.mjs";
import { countCells } from "./table.mjs";

const page = join(root, "docs", "wheels.md");
const marks = { passed: "ok", failed: "**failed**", skipped: "-" };

/**
 * Replaces one section of the page: what stands between its two marks.
 * @param {"matrix" | "large"} section
 * @param {import("./table.mjs").Row[]} rows
 * @param {Record<string, string>} refused
 */
export function writeDocs(section, rows, refused) {
  const [begin, end] = [`<!-- ${section} -->`, `<!-- end of ${section} -->`];
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no section ${begin} ... ${end}`);
  const parts = [[heading(rows)], table(rows), refusals(refused), ownFiles(rows)];
  const content = parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
  writeFileSync(page, `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`);
}

function heading(rows) {
  const date = new Date().toISOString().slice(0, 10);
  const { glibcVersionRuntime } = process.report.getReport().header;
  const { passed, failed, skipped } = countCells(rows);
  const machine = `${cpus().length} cores of ${cpus()[0].model.trim()}, Linux ${release()}`;
  const software = `glibc ${glibcVersionRuntime}, Node ${process.versions.node}`;
  return `${date}, ${machine}, ${software}: ${passed} runs passed, ${failed} failed, ${skipped} skipped.`;
}

function table(rows) {
  const runs = [...new Set(rows.flatMap(({ cells }) => cells.map(({ run }) => run)))];
  const head = [
    "row",
    "wheels",
    "what is tested",
    ...runs,
    "objects",
    "MB",
    "rebound",
    "violations",
  ];
  const lines = rows.map(({ subject, cells }) => {
    const outcomes = runs.map(
      (run) => marks[cells.find((cell) => cell.run === run)?.outcome] ?? "",
    );
    return [subject.name, versionsOf(subject), subject.about, ...outcomes, ...figures(cells)];
  });
  const line = (words) => `| ${words.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...lines.map(line)];
}

// Those that were asked for; pip added the others.
function versionsOf(subject) {
  const [line] = readFileSync(subject.requirements, "utf8").split("\n", 1);
  const plain = (name) => name.toLowerCase().replace(/[_.]/g, "-");
  const asked = line.split(" ").map((word) => plain(word.replace(/^'|[=<>[].*/g, "")));
  const isAsked = ({ name }) => asked.includes(plain(name));
  // What setup.mjs builds is pinned as a source.
  const source = join(subject.dir, "source.txt");
  const built = existsSync(source) ? pinned({ requirements: source }) : [];
  const all = pinned(subject);
  const named = [...built, ...all.filter(isAsked)].map(({ name, version }) => `${name} ${version}`);
  const others = all.filter((wheel) => !isAsked(wheel)).length;
  return [named.join(", "), others > 0 ? `(and ${others} more)` : ""].join(" ").trim();
}

function figures(cells) {
  const { objects } = cells.findLast(({ run, objects }) => objects && run === "auto") ?? {};
  if (!objects) return ["", "", "", ""];
  const { count, sizeBytes, rebindings, violations } = objects;
  return [count, (sizeBytes / 1e6).toFixed(1), rebindings ?? "", violations ?? ""];
}

function refusals(refused) {
  const lines = Object.entries(refused).map(([tier, reason]) => `- ${tier}: ${reason}`);
  return lines.length > 0 ? ["Skipped:", "", ...lines] : [];
}

// Under strace only: a run passes when nobody but the program wrote a file.
function ownFiles(rows) {
  const isTraced = rows.some(({ cells }) => cells.some(({ written }) => written));
  if (!isTraced) return [];
  const lines = rows.flatMap(({ subject, cells }) => {
    const paths = cells.filter(({ objects }) => objects).flatMap(({ written }) => written ?? []);
    const plain = paths.map((path) =>
      path.replace(/tmp\w{8}|(?<=file)\w{9,}|(?<=\/sem\.)[\w-]+$/g, "..."),
    );
    const names = [...new Set(plain)].map((path) => `\`${path}\``);
    return names.length > 0 ? [`- ${subject.name}: ${names.join(", ")}`] : [];
  });
  const none = "Under strace: files written by us: none. By the programs themselves";
  return lines.length > 0 ? [`${none}:`, "", ...lines] : [`${none}: none.`];
}

// lib/inspect/graph.ts: which shared objects need which, from modules on the left to the host on the right.
import { basename, posix } from "node:path";
import type { AuditedFile, AuditedObject } from "../audit/report.js";
import { box, round, svg } from "../html/svg.js";

const COLUMN = 270;
const GAP = 60;
const ROW = 20;
const BOX = 17;

interface GraphNode {
  readonly id: string;
  readonly text: string;
  readonly title: string;
  readonly className: "module" | "library" | "host" | "missing";
  readonly to: Set<string>;
  column: number;
  row: number;
}

/** Modules of one distribution that need the same are one box: a package has hundreds. */
export function graphSvg(file: AuditedFile): string {
  const nodes = nodesOf(file);
  if (nodes.size === 0) return "";
  rank(nodes);
  const columns = place(nodes);
  const width = columns.length * (COLUMN + GAP) - GAP;
  const height = Math.max(...columns.map((column) => column.length)) * ROW + 4;
  const x = (node: GraphNode) => node.column * (COLUMN + GAP);
  const y = (node: GraphNode) => node.row * ROW + 2;
  const edges = [...nodes.values()].flatMap((node) =>
    [...node.to].map((id) => {
      const to = nodes.get(id) as GraphNode;
      const [x0, y0, x1, y1] = [x(node) + COLUMN, y(node) + BOX / 2, x(to), y(to) + BOX / 2];
      const middle = (x0 + x1) / 2;
      return `<path d="M${round(x0)} ${round(y0)}C${round(middle)} ${round(y0)} ${round(middle)} ${round(y1)} ${round(x1)} ${round(y1)}"/>`;
    }),
  );
  const boxes = [...nodes.values()].map(({ className, text, title, ...node }) =>
    box(
      {
        x: x({ ...node, className, text, title }),
        y: node.row * ROW + 2,
        width: COLUMN,
        height: BOX,
      },
      { className: `object ${className}`, text, title },
    ),
  );
  const body = `<g class="edges">${edges.join("")}</g>${boxes.join("")}`;
  return svg(width, height, "Which shared objects need which", body);
}

function nodesOf({ objects }: AuditedFile): Map<string, GraphNode> {
  const nodes = new Map<string, GraphNode>();
  const groups = new Map<string, AuditedObject[]>();
  const needed = new Set(
    objects.flatMap(({ needs }) =>
      needs.filter(({ from }) => from === "bundle" || from === "elsewhere").map(({ path }) => path),
    ),
  );
  for (const object of objects) {
    const alone = object.kind !== "module" || needed.has(object.entry);
    const wants = object.needs.map(({ from, soname, path }) => `${from} ${path ?? soname}`).sort();
    const key = alone ? object.entry : `${object.distribution} ${wants.join(" ")}`;
    groups.set(key, [...(groups.get(key) ?? []), object]);
  }
  for (const [key, group] of groups) {
    const [first] = group as [AuditedObject];
    const one = basename(first.entry);
    const many = `${first.distribution ?? posix.dirname(first.entry)}: ${group.length} modules`;
    const id = group.length === 1 ? first.entry : key;
    nodes.set(id, {
      id,
      text: group.length === 1 ? one : many,
      title: group.map(({ entry }) => entry).join("\n"),
      className: first.kind === "module" ? "module" : "library",
      to: new Set(),
      column: 0,
      row: 0,
    });
    for (const need of first.needs) addNeed(nodes, id, need);
  }
  // A group's edge may have been drawn to an entry that came later: keep those that are there.
  for (const node of nodes.values()) {
    for (const id of node.to) if (!nodes.has(id)) node.to.delete(id);
  }
  return nodes;
}

type NeedOf = AuditedObject["needs"][number];

function addNeed(nodes: Map<string, GraphNode>, from: string, need: NeedOf): void {
  const node = nodes.get(from) as GraphNode;
  if (need.from === "bundle" || need.from === "elsewhere") {
    if (need.path !== undefined && need.path !== from) node.to.add(need.path);
    return;
  }
  const id = `host ${need.soname}`;
  node.to.add(id);
  if (nodes.has(id)) return;
  const isHere = need.from === "host" || need.from === "python";
  const where = need.path ?? (need.from === "python" ? "Python itself" : "not on this host");
  nodes.set(id, {
    id,
    text: need.soname,
    title: `${need.soname}: ${where}`,
    className: isHere ? "host" : "missing",
    to: new Set(),
    column: 0,
    row: 0,
  });
}

/** Each to the right of all that need it; the host's at the very right. Cycles end where they began. */
function rank(nodes: ReadonlyMap<string, GraphNode>): void {
  const visit = (node: GraphNode, column: number, path: Set<GraphNode>) => {
    if (path.has(node) || (node.column >= column && column > 0)) return;
    node.column = column;
    path.add(node);
    for (const id of node.to) visit(nodes.get(id) as GraphNode, column + 1, path);
    path.delete(node);
  };
  const isNeeded = new Set([...nodes.values()].flatMap(({ to }) => [...to]));
  for (const node of nodes.values()) if (!isNeeded.has(node.id)) visit(node, 0, new Set());
  const last = Math.max(...[...nodes.values()].map(({ column }) => column));
  for (const node of nodes.values()) if (node.id.startsWith("host ")) node.column = last;
}

/** Rows by the middle of what needs each, so that few lines cross. */
function place(nodes: ReadonlyMap<string, GraphNode>): GraphNode[][] {
  const columns: GraphNode[][] = [];
  for (const node of nodes.values()) {
    const column = columns[node.column] ?? [];
    column.push(node);
    columns[node.column] = column;
  }
  const whole = [...columns].map((column) => column ?? []);
  for (const [index, column] of whole.entries()) {
    if (index > 0) column.sort((a, b) => middle(a, whole, index) - middle(b, whole, index));
    else column.sort((a, b) => (a.title < b.title ? -1 : 1));
    for (const [row, node] of column.entries()) node.row = row;
  }
  return whole;
}

function middle({ id }: GraphNode, columns: readonly GraphNode[][], index: number): number {
  const users = columns.slice(0, index).flatMap((column) => column.filter(({ to }) => to.has(id)));
  if (users.length === 0) return 0;
  return users.reduce((sum, { row }) => sum + row, 0) / users.length;
}

// lib/inspect/flame.ts: the imports of a run, each above what it imported, as wide as the time it took.

import { box, svg } from "../html/svg.js";
import type { ImportNode } from "./import-times.js";

const WIDTH = 1080;
const ROW = 18;
/** Narrower ones are not drawn: they could not be seen. */
const LEAST_WIDTH = 0.7;

/** The layout is d3's partition. */
export async function flameSvg(imports: readonly ImportNode[]): Promise<string> {
  const { hierarchy, partition } = await import("d3-hierarchy");
  const total = imports.reduce((sum, one) => sum + one.total, 0);
  const all: ImportNode = { name: "all imports", self: 0, total, children: imports };
  const root = hierarchy(all, ({ children }) => [...children]).sum(({ self }) => self);
  const height = (root.height + 1) * ROW;
  const placed = partition<ImportNode>().size([WIDTH, height])(root);
  const parts = placed
    .descendants()
    .filter(({ x0, x1 }) => x1 - x0 >= LEAST_WIDTH)
    .map(({ x0, x1, depth, data, value = 0 }) => {
      const ms = (microseconds: number) => `${(microseconds / 1000).toFixed(1)} ms`;
      const place = { x: x0, y: depth * ROW, width: x1 - x0, height: ROW - 1 };
      const text = `${data.name} ${ms(value)}`;
      const title = `${data.name}: ${ms(value)} with what it imports, ${ms(data.self)} itself`;
      return box(place, { className: `flame f${depth % 4}`, text, title });
    });
  return svg(WIDTH, height, "Time of imports", parts.join(""));
}

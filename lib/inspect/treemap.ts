// lib/inspect/treemap.ts: sizes by distribution and kind, as areas.
import { ENTRY_KINDS } from "../bundle/kind.js";
import { box, escapeText, fitted, round, svg } from "../html/svg.js";
import { formatBytes } from "../text.js";
import type { Share } from "./contents.js";

const WIDTH = 1080;
const HEIGHT = 440;
const HEADING = 18;

interface Area {
  readonly name: string;
  readonly kind?: string;
  readonly bytes?: number;
  readonly children?: readonly Area[];
}

/** The layout is d3's squarified treemap; the page has no code. */
export async function treemapSvg(shares: readonly Share[]): Promise<string> {
  const { hierarchy, treemap } = await import("d3-hierarchy");
  const data: Area = {
    name: "",
    children: shares.map(({ name, version, kinds }) => ({
      name: `${name} ${version}`.trim(),
      children: ENTRY_KINDS.filter((kind) => kinds[kind] > 0).map((kind) => ({
        name: kind,
        kind,
        bytes: kinds[kind],
      })),
    })),
  };
  const root = hierarchy(data)
    .sum(({ bytes }) => bytes ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const placed = treemap<Area>().size([WIDTH, HEIGHT]).paddingOuter(2).paddingTop(HEADING)(root);
  const parts: string[] = [];
  for (const node of placed.descendants()) {
    const place = { x: node.x0, y: node.y0, width: node.x1 - node.x0, height: node.y1 - node.y0 };
    const size = formatBytes(node.value ?? 0);
    if (node.depth === 1) {
      const text = escapeText(fitted(`${node.data.name}  ${size}`, place.width - 6));
      parts.push(
        `<text class="head" x="${round(place.x + 3)}" y="${round(place.y + 13)}">${text}</text>`,
      );
    } else if (node.depth === 2) {
      const title = `${node.parent?.data.name}: ${node.data.name}, ${size}`;
      const className = `kind ${node.data.kind ?? ""}`;
      parts.push(box(place, { className, text: `${node.data.name} ${size}`, title }));
    }
  }
  return svg(WIDTH, HEIGHT, "Sizes by distribution and kind", parts.join(""));
}

/** What the colours mean; kinds that are not there are left out. */
export function legend(shares: readonly Share[]): string {
  const used = ENTRY_KINDS.filter((kind) => shares.some(({ kinds }) => kinds[kind] > 0));
  const items = used.map((kind) => `<li class="kind ${kind}"><i></i>${kind}</li>`);
  return `<ul class="legend">${items.join("")}</ul>`;
}

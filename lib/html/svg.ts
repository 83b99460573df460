// lib/html/svg.ts: pieces that all our drawings share.

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML and SVG, in content and in attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** Width of a character of the drawings' font, about, in pixels. */
const CHARACTER = 6.6;

/** The text as far as it fits; empty where too little would be left. */
export function fitted(text: string, width: number): string {
  const room = Math.floor(width / CHARACTER);
  if (text.length <= room) return text;
  return room < 4 ? "" : `${text.slice(0, room - 1)}\u2026`;
}

export function svg(width: number, height: number, label: string, body: string): string {
  const box = `viewBox="0 0 ${round(width)} ${round(height)}"`;
  return `<svg ${box} role="img" aria-label="${escapeText(label)}">${body}</svg>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A rectangle with its text, and more of it under the pointer. */
export function box(
  place: { x: number; y: number; width: number; height: number },
  look: { className: string; text: string; title: string },
): string {
  const { x, y, width, height } = place;
  const at = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  const text = height >= 14 ? fitted(look.text, width - 8) : "";
  const label =
    text === "" ? "" : `<text x="${round(x + 4)}" y="${round(y + 13)}">${escapeText(text)}</text>`;
  return `<g class="${look.className}"><title>${escapeText(look.title)}</title><rect ${at}/>${label}</g>`;
}

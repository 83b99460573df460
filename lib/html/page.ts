// lib/html/page.ts: the frame of our reports: one file that stands alone.
import { escapeText } from "./svg.js";

/** No script, nothing from elsewhere; `style` is CSS, `body` HTML. */
export function htmlPage(title: string, style: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeText(title)}</title>
<style>${style}</style>
<h1>${escapeText(title)}</h1>
${body}
</html>
`;
}

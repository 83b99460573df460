// lib/inspect/style.ts: the page's style, for light and dark.

/** Colours of kinds: light, dark. */
const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  module: ["#9cc4ee", "#2f5f92"],
  bytecode: ["#c3d9ef", "#27435f"],
  extension: ["#f2b880", "#8f5a1f"],
  library: ["#e79a9a", "#8b3a3a"],
  resource: ["#b5d8a6", "#3e6b30"],
  metadata: ["#d5cbe8", "#54447a"],
  pth: ["#e5dd9b", "#6d6420"],
  script: ["#a5dcd4", "#25685f"],
  other: ["#d3d3d3", "#505050"],
};

const fills = (column: 0 | 1) =>
  Object.entries(KINDS)
    .map(([kind, colours]) => `--${kind}: ${colours[column]};`)
    .join(" ");

const kinds = Object.keys(KINDS)
  .map(
    (kind) =>
      `.kind.${kind} rect { fill: var(--${kind}); } .legend .${kind} i { background: var(--${kind}); }`,
  )
  .join("\n");

export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6676; --paper: #fff; --line: #d8dde5; --edge: #9aa7b8; --bad: #b3261e; --good: #1d7a3a; --warn: #8a5a00; ${fills(0)} --f0: #f6c9a8; --f1: #f2b489; --f2: #f0d3a2; --f3: #eec08f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --soft: #a3adba; --paper: #14181f; --line: #343c48; --edge: #5d6b7d; --bad: #ff8a80; --good: #7ad897; --warn: #e8b95a; ${fills(1)} --f0: #7a4a2a; --f1: #8a5226; --f2: #6f5526; --f3: #805a30; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
svg { display: block; width: 100%; height: auto; }
.graph svg { min-width: 56rem; }
text { fill: var(--ink); font: 11px ui-monospace, monospace; pointer-events: none; }
text.head { font-weight: bold; }
rect { stroke: var(--paper); stroke-width: 0.5; }
${kinds}
.object rect { stroke: var(--line); fill: var(--other); }
.object.module rect { fill: var(--extension); } .object.library rect { fill: var(--library); }
.object.host rect { fill: var(--metadata); } .object.missing rect { fill: var(--paper); stroke: var(--bad); stroke-width: 2; }
.edges path { fill: none; stroke: var(--edge); stroke-width: 0.8; opacity: 0.6; }
.flame.f0 rect { fill: var(--f0); } .flame.f1 rect { fill: var(--f1); } .flame.f2 rect { fill: var(--f2); } .flame.f3 rect { fill: var(--f3); }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; }
.legend i { display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.4em; vertical-align: -0.1em; }
.scroll { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; } th, td { text-align: left; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: normal; } .figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px ui-monospace, monospace; } .findings { padding-left: 1.2rem; } summary { cursor: pointer; }
.ok { color: var(--good); } .error { color: var(--bad); } .warning { color: var(--warn); } .note, .summary { color: var(--soft); }
`;

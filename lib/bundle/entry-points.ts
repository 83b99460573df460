// lib/bundle/entry-points.ts: the commands that a wheel declares in entry_points.txt.

const GROUPS = new Set(["console_scripts", "gui_scripts"]);

/** Name -> `module:function` of the console and gui scripts, in the file's order. */
export function scriptsIn(text: string): Map<string, string> {
  const scripts = new Map<string, string>();
  let group = "";
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[(.+)\]\s*$/.exec(line)?.[1]?.trim();
    if (header !== undefined) group = header;
    if (!GROUPS.has(group) || /^\s*[#;]/.test(line)) continue;
    // `name = module:function [extra]`
    const [, name, target] =
      /^\s*([^=]*?[^=\s])\s*=\s*([\w.]+\s*:\s*[\w.]+)\s*(?:\[.*\])?\s*$/u.exec(line) ?? [];
    if (name !== undefined && target !== undefined) {
      scripts.set(name, target.replaceAll(/\s/g, ""));
    }
  }
  return scripts;
}

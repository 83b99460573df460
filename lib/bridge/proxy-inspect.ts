// lib/bridge/proxy-inspect.ts: what util.inspect() and console.log() show of a proxy.
import type { InspectOptions } from "node:util";
import { python, targetOf } from "./target.js";

interface Styled extends InspectOptions {
  stylize(text: string, style: string): string;
}

/** As util.inspect.custom: `this` is the proxy. Never throws. */
export function inspectProxy(this: object, depth: number, options: Styled): string {
  const target = targetOf(this);
  if (target === undefined) return "[PyProxy]";
  if (target.held.handle < 0) {
    return options.stylize(`[PyProxy: destroyed, ${target.held.gone}]`, "special");
  }
  try {
    const [type, text, summary] = python(target, "inspect", depth >= 0) as string[];
    const name = options.stylize(`[PyProxy: ${type}]`, "special");
    const shown = `${name}${aligned(text)}`;
    return summary === "" ? shown : `${shown} ${options.stylize(`"${summary}"`, "string")}`;
  } catch (error) {
    return `[PyProxy] <${String(error)}>`;
  }
}

/** A text of several lines (a table) keeps its columns: it begins on a line of its own. */
function aligned(text: string | undefined): string {
  if (text === undefined || text === "") return "";
  return text.includes("\n") ? `\n  ${text.replaceAll("\n", "\n  ")}` : ` ${text}`;
}

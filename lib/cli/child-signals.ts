// lib/cli/child-signals.ts: signals that are sent to a command alone go on to the process that does its work.
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

/** Sent to us alone, as a service manager does; the child must end too. */
const FORWARDED: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP"];

/**
 * Until the function that it gives is called. Ctrl-C reaches the child itself, which is in the
 * terminal's foreground group as we are: the child decides what it means, and we only must not die
 * of it.
 * @param interrupts whether a SIGINT that cannot come of Ctrl-C goes on, too.
 */
export function relaySignals(child: ChildProcess, { interrupts = false } = {}): () => void {
  const forward = (name: NodeJS.Signals) => child.kill(name);
  const interrupt = () => {
    if (interrupts && !isInForeground()) child.kill("SIGINT");
  };
  process.on("SIGINT", interrupt);
  for (const name of FORWARDED) process.on(name, forward);
  return () => {
    process.off("SIGINT", interrupt);
    for (const name of FORWARDED) process.off(name, forward);
  };
}

/** Whether a terminal's Ctrl-C would reach us: pgrp and tpgid of proc(5). */
function isInForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const [, , , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 1).split(" ");
    return group === foreground;
  } catch {
    return true; // no /proc
  }
}

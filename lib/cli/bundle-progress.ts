// lib/cli/bundle-progress.ts: how far a bundle is, as text.
import type { BundleProgress } from "../bundle/options.js";
import { formatBytes } from "../text.js";

/** One line for a terminal. */
export function progressText(progress: BundleProgress): string {
  switch (progress.phase) {
    case "resolve":
      return `Resolving: ${progress.line.trim()}`;
    case "download": {
      const { file, doneBytes, totalBytes, bytesPerSecond } = progress;
      const whole = totalBytes > 0 ? ` of ${formatBytes(totalBytes)}` : "";
      const rate = `${formatBytes(bytesPerSecond)}/s`;
      // The name last: a wheel's is as long as a line, which is cut where the terminal ends.
      return `Downloading ${formatBytes(doneBytes)}${whole}, ${rate}: ${file}`;
    }
    case "build":
      return `Building ${progress.name}`;
    case "compile":
      return `Compiling ${progress.done} of ${progress.total}`;
    case "pack":
      return `Packing ${progress.done} of ${progress.total}`;
  }
}

// test/cli/progress.test.ts: what the line on a terminal tells.
import { describe, expect, it } from "vitest";
import { progressText } from "../../lib/cli/bundle-progress.js";

describe("the line of a download", () => {
  it("has bytes and rate within 80 columns, whatever the file is called", () => {
    const progress = {
      ...({ phase: "download", file: `${"long-".repeat(30)}.whl` } as const),
      ...{ doneBytes: 3 << 20, totalBytes: 16 << 20, bytesPerSecond: 5 << 20 },
    };
    const [line] = progressText(progress).split("long-");
    expect(line).toBe("Downloading 3.0 MiB of 16.0 MiB, 5.0 MiB/s: ");
    const unknown = progressText({ ...progress, file: "a.whl", totalBytes: 0 });
    expect(unknown).toBe("Downloading 3.0 MiB, 5.0 MiB/s: a.whl");
  });
});

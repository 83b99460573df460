// test/inspect/browser.long.test.ts: the page of `inspect`, as a real browser shows it, light and dark.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureSystemPackages } from "../../scripts/common/system-packages.mjs";
import { chromiumPackages } from "../../scripts/house/packages.mjs";
import { type Picture, readPng } from "../helpers/png.js";
import { spawnCommand } from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";

let page: string;

beforeAll(async () => {
  await ensureSystemPackages(chromiumPackages);
  const bundle = await wheelBundle(["markupsafe==3.0.3"], { "__main__.py": "import json\n" });
  page = join(tmpDir(), "out.html");
  const { code } = await spawnCommand(["inspect", "--run", "--html", page, bundle]);
  expect(code).toBe(0);
});

/** What Chromium shows, and how often each colour stands in it. */
function look(scheme: "light" | "dark"): { picture: Picture; colours: Map<string, number> } {
  const file = join(tmpDir(), "out.png");
  const settings = `--blink-settings=preferredColorScheme=${scheme === "dark" ? 0 : 1}`;
  const words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];
  const size = "--window-size=1200,1800";
  const url = pathToFileURL(page).href;
  execFileSync("chromium", [...words, settings, size, `--screenshot=${file}`, url], {
    stdio: "ignore",
  });
  const picture = readPng(readFileSync(file));
  const colours = new Map<string, number>();
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const colour = picture.at(x, y);
      colours.set(colour, (colours.get(colour) ?? 0) + 1);
    }
  }
  return { picture, colours };
}

describe.each([
  { scheme: "light", paper: "#ffffff", extension: "#f2b880", ink: "#1c2430", flame: "#f6c9a8" },
  { scheme: "dark", paper: "#14181f", extension: "#8f5a1f", ink: "#e4e8ee", flame: "#7a4a2a" },
] as const)("in $scheme", ({ scheme, paper, extension, ink, flame }) => {
  it("has its paper, its text, its areas and its flames in their colours", () => {
    const { picture, colours } = look(scheme);
    expect(picture.at(0, 0)).toBe(paper);
    expect(picture.at(picture.width - 1, picture.height - 1)).toBe(paper);
    expect(colours.get(paper)).toBeGreaterThan(picture.width * picture.height * 0.3);
    expect(colours.get(ink)).toBeGreaterThan(500);
    // Of the treemap and of the graph; a row of the flames.
    expect(colours.get(extension)).toBeGreaterThan(10_000);
    expect(colours.get(flame)).toBeGreaterThan(1_000);
  });
});

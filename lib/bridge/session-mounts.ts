// lib/bridge/session-mounts.ts: bundles that come and go while start()'s Python lives.

import { nativeBundles, pathOfBundle } from "../bundle-input.js";
import { InmemError } from "../errors.js";
import { type BundleInput, checkBooleans, checkIsObject, checkNames } from "../options.js";
import type { Crossing } from "./crossing.js";

export interface UnmountOptions {
  /** Modules that were imported from it are forgotten first. Default: false. */
  readonly force?: boolean;
}

/** What mount() and start() put on `sys.path`, by what they were given and by mount point. */
export class SessionMounts {
  readonly #crossing: Crossing;
  #points: string[];
  // A folder of wheels is several.
  readonly #byInput = new Map<string | Uint8Array, string[]>();

  constructor(crossing: Crossing, points: readonly string[]) {
    this.#crossing = crossing;
    this.#points = [...points];
  }

  get points(): readonly string[] {
    return [...this.#points];
  }

  mount(bundle: BundleInput): string {
    const points = nativeBundles(bundle).map((each) => {
      if (typeof each === "string") return this.#crossing.python("mount", each, "") as string;
      if ("folder" in each) throw notArchive(each.folder);
      return this.#crossing.python("mount", each.bytes, each.name ?? "") as string;
    });
    for (const point of points) if (!this.#points.includes(point)) this.#points.push(point);
    this.#byInput.set(keyOf(bundle), points);
    return points[0] as string;
  }

  unmount(bundle: BundleInput, options: UnmountOptions): void {
    checkIsObject(options);
    checkNames(options, ["force"]);
    checkBooleans(options, ["force"]);
    const key = keyOf(bundle);
    const given = typeof bundle === "string" ? bundle : "this bundle";
    const points =
      this.#byInput.get(key) ?? this.#points.filter((point) => point === bundle || point === key);
    for (const point of points.length > 0 ? points : [given]) {
      this.#crossing.python("unmount", point, options.force === true);
      this.#points = this.#points.filter((known) => known !== point);
    }
    this.#byInput.delete(key);
  }
}

// Nothing is verified in a folder, and a session may have a key.
function notArchive(folder: string): InmemError {
  return new InmemError(
    "ERR_INMEM_NOT_A_FILE",
    `${folder}: a folder with a __main__.py (expected a zip file or a folder of wheels; start() takes others)`,
  );
}

function keyOf(bundle: BundleInput): string | Uint8Array {
  return pathOfBundle(bundle) ?? (bundle as Uint8Array);
}

// bench/bridge/sides/floor.mjs: the rows with Node-API alone: no Python, no conversion that any value would need.
import { createRequire } from "node:module";
import { rows } from "../rows.mjs";

export async function open({ floor }) {
  const addon = createRequire(import.meta.url)(floor);
  return rows({ ...addon, addAsync: addon.addOnThread, point: addon });
}

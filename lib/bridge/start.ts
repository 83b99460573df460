// lib/bridge/start.ts: start(): the bridge of one environment.
import { type Binding, binding } from "../binding.js";
import { Crossing } from "./crossing.js";
import { Python } from "./python.js";

export async function start(): Promise<Python> {
  const native = binding();
  native.warmUp();
  await begun(native);
  return new Python(new Crossing(native.openBridge));
}

function begun(native: Binding): Promise<void> {
  return new Promise((resolve, reject) => {
    native.beginBridge((error) => (error === undefined ? resolve() : reject(error)));
  });
}

// bench/bridge/check.mjs: a bridge that answers wrongly, or not at all, has no figure.

export function checked(found, expected) {
  if (found !== expected) throw new Error(`${found} came back, not ${expected}`);
}

/** `back` is an Array with `values` in reverse order. */
export function sameList(back, values) {
  const { length } = values;
  if (!Array.isArray(back) || back.length !== length) throw new Error("no Array of that length");
  if (back[0] !== values[length - 1] || back[length - 1] !== values[0])
    throw new Error(`${back[0]} ... ${back[length - 1]} came back`);
}

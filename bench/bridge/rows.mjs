// bench/bridge/rows.mjs: the rows of those bridges whose functions are called as JavaScript's own.
import { checked, sameList } from "./check.mjs";

/**
 * @param {object} bridge
 * @param {(a: number, b: number) => number} bridge.add
 * @param {(a: number, b: number) => Promise<number>} bridge.addAsync
 * @param {(text: string) => string} bridge.echo
 * @param {(values: number[]) => number[]} bridge.eachWay  The list there, and another one back.
 * @param {(f: (i: number) => number, n: number) => number} bridge.callBack
 * @param {{ x: number }} bridge.point
 */
export function rows({ add, addAsync, echo, eachWay, callBack, point }) {
  return {
    add(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += add(1, 2);
      checked(sum, 3 * n);
    },
    attribute(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += point.x;
      checked(sum, 7 * n);
    },
    echo(n, text) {
      let length = 0;
      for (let i = 0; i < n; i += 1) length += echo(text).length;
      checked(length, text.length * n);
    },
    list(n, values) {
      for (let i = 0; i < n; i += 1) sameList(eachWay(values), values);
    },
    callback(n) {
      checked(
        callBack((i) => i + 1, n),
        (n * (n + 1)) / 2,
      );
    },
    await: awaited(addAsync),
  };
}

/** The row of a function that gives a promise. */
export function awaited(addAsync) {
  return async (n) => {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += await addAsync(1, 2);
    checked(sum, 3 * n);
  };
}

/** The rows of a bridge with pyodide's names. */
export function pythonRows(python, toPy, addAsync) {
  const { add, echo, each_way: there, call_back: callBack, make, point } = python;
  const eachWay = (values) => {
    const list = toPy(values);
    const back = there(list);
    const array = back.toJs();
    list.destroy();
    back.destroy();
    return array;
  };
  return {
    ...rows({ add, addAsync, echo, eachWay, callBack, point }),
    objects(n) {
      let sum = 0;
      for (let i = 0; i < n; i += 1) sum += make(i).length;
      checked(sum, n);
    },
  };
}

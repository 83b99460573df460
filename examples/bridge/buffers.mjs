// examples/bridge/buffers.mjs: numpy's memory in JavaScript, without a copy.
import { start } from "inmem-python";

const py = await start({ bundles: process.argv[2] ?? "numpy.pyz" });
const np = py.pyimport("numpy");

// A view of numpy's own memory: what one side writes, the other one reads.
const matrix = np.arange(6).reshape(2, 3).astype("float64");
const view = matrix.getBuffer();
const { data, shape, strides, copied } = view;
console.log("view:", data.constructor.name, data.length, shape, strides, "copied:", copied);
data[0] = 100;
console.log("numpy sees:", matrix.item(0, 0));
view.release(); // or, where JavaScript has it: `using view = matrix.getBuffer()`

// And back: numpy computes in what JavaScript has written.
const numbers = np.empty(3);
const written = numbers.getBuffer();
written.data.set([1, 4, 9]);
np.sqrt.callKwargs(numbers, { out: numbers });
console.log("JavaScript sees:", written.data);
written.release();

// A typed array of JavaScript's own is an array for numpy.
console.log("sum:", np.sum(new Float64Array([0.5, 1.5])));

// Strides are numpy's own: a transposed view is the same memory.
const transposed = matrix.T.getBuffer();
console.log(
  "transposed:",
  transposed.shape,
  transposed.strides,
  transposed.data[transposed.offset],
);
transposed.release();

// What Python may not change is copied, and says so; { copy: false } shares it all the same.
const fixed = np.arange(3);
fixed.setflags.callKwargs({ write: false });
console.log("read-only:", "copied:", fixed.getBuffer().copied);

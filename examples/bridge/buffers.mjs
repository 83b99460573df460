// examples/bridge/buffers.mjs: numpy's memory in JavaScript and JavaScript's in numpy, without a copy.
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

// A typed array is a buffer in Python: numpy computes in it.
const samples = new Float64Array([1, 4, 9]);
const root = py.runPython(`
import numpy
def root(values):
    array = numpy.asarray(values)
    numpy.sqrt(array, out=array)
root
`);
root(samples);
console.log("JavaScript sees:", samples);

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

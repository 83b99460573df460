// examples/bridge/calls.mjs: Python's functions and objects, called from JavaScript.
import { start } from "inmem-python";

const py = await start();

// Any module of the standard library, or of the bundles that start() was given.
const statistics = py.pyimport("statistics");
console.log("mean:", statistics.mean(py.toPy([1, 2, 3, 4])));

// Code, for what is not in a module; the last expression is the result.
const greet = py.runPython(`
def greet(name, *, polite=False):
    """Says hello."""
    return f"Good day, {name}" if polite else f"Hi {name}"
greet
`);
console.log(greet("you"));
console.log(greet.callKwargs("you", { polite: true }));

// Immutable values are converted, exactly; what can change stays in Python, by reference.
console.log(py.runPython("2**70"), py.runPython("'\\U0001F600'"), py.runPython("(1, None, True)"));
const list = py.runPython("[1, 2]");
list.append("three");
console.log(String(list), list.length, list.toJs());

// A JavaScript function is called like any other.
console.log(
  py
    .runPython("lambda f: sorted(['bb', 'a'], key=f)")((text) => text.length)
    .toJs(),
);

// examples/bridge/javascript-in-python.mjs: JavaScript's objects, used by Python.
import { start } from "inmem-python";

const py = await start();

py.registerJsModule("app_settings", { colours: ["red", "green"], limits: new Map([["depth", 3]]) });

py.runPython(`
import js
from app_settings import colours, limits
from inmem.ffi import to_js

colours.append("blue")                  # the very array of JavaScript
limits["width"] = 80                    # the very Map
print("globalThis:", js.Math.max(1, 5, 3), js.JSON.stringify(to_js([1, None, "a"])))
print("array:", list(colours), "blue" in colours)
print("map:", dict(limits))
print("new:", js.URL.new("https://example.org/a?b=1").searchParams.get("b"))
`);

# python/inmem/_bridge.py: Python's half of the bridge to JavaScript.
"""Functions that lib/bridge calls: whatever is not a call or an attribute.

Arguments and results cross by native/bridge: scalars, bytes, tuples and frozen sets
by value, all else by reference.
"""

import _inmem_bridge


class JsException(Exception):
    """What JavaScript threw; `js_error` is that, a JsProxy or a scalar."""

    def __init__(self, js_error):
        super().__init__(js_error)
        self.js_error = js_error

    def __str__(self):
        return str(self.js_error)


def js_exception(error):
    return JsException(error)


_inmem_bridge.set_js_exception(JsException, js_exception)

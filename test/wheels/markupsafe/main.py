# test/wheels/markupsafe/main.py: escaping in C, in all three widths of text
import json
from importlib.metadata import version

import markupsafe
from markupsafe import Markup, _native, _speedups, escape

# One, two and four bytes a character: each has its own code in C.
texts = [piece * 50 for piece in ("<a href='x'>&\"</a>", "\u0416<\u20ac>&", "\U0001f40d<&>")]
escaped = [_speedups._escape_inner(text) for text in texts]
assert escaped == [_native._escape_inner(text) for text in texts]
assert markupsafe._escape_inner is _speedups._escape_inner
assert escape(Markup("<b>")) == "<b>"
assert Markup("<em>%s</em>") % "<script>" == "<em>&lt;script&gt;</em>"

print(json.dumps({"version": version("markupsafe"), "escaped": escaped}))

# test/files/app/__main__.py: facts as JSON, the same from disk and from a bundle.
"""Usage: APP SCRATCH."""

import json

import contents
import names
from probe import FACTS

# Both collect their facts as they are imported.
assert contents.fact is names.fact
print(json.dumps(FACTS))

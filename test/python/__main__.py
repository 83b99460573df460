# test/python/__main__.py: runs the unittest modules beside it, in memory, embedded.
"""usage: inmem-python run TESTS.pyz REPORT.json [FILTER...]; scripts/test.mjs makes the zip."""

import json
import pkgutil
import sys
import unittest
from importlib import import_module
from os.path import dirname


def load(filters: list[str]) -> unittest.TestSuite:
    """All test_* modules of this folder, or those whose test names hold one of the filters."""
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{word}*" for word in filters] or None
    names = sorted(m.name for m in pkgutil.iter_modules([dirname(__file__)]))
    modules = [import_module(name) for name in names if name.startswith("test_")]
    return unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules)


def main() -> int:
    report, *filters = sys.argv[1:]
    result = unittest.TextTestRunner(verbosity=1).run(load(filters))
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    counts = {"passed": result.testsRun - bad - skipped, "failed": bad, "skipped": skipped}
    with open(report, "w", encoding="utf-8") as file:
        json.dump(counts, file)
    return 1 if bad or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

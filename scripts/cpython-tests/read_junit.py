# scripts/cpython-tests/read_junit.py: regrtest's JUnit report as JSON: how each test ended.
"""usage: read_junit.py REPORT.xml

Prints {"test.test_x.Class.test_y": {"passed": 1}, ...}: a number for each outcome, since one name
may run more than once (a doctest, a class that two modules load).
"""

import json
import sys
from collections import Counter, defaultdict
from xml.etree import ElementTree


def outcome_of(case):
    if case.find("error") is not None or case.find("failure") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("result") == "skipped":
        return "skipped"
    return "passed" if case.get("status") == "run" else "skipped"


def main():
    tests = defaultdict(Counter)
    reasons = {}
    for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
        if case.get("name") is None:  # a subtest that was skipped
            continue
        outcome = outcome_of(case)
        tests[case.get("name")][outcome] += 1
        for kind in ("error", "failure", "skipped"):
            found = case.find(kind)
            if found is not None:
                text = found.text or found.get("message") or ""
                reasons[case.get("name")] = text.strip()[-2000:]
    json.dump({"tests": tests, "reasons": reasons}, sys.stdout)


if __name__ == "__main__":
    main()

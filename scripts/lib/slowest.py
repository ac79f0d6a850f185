"""Prints the ten slowest tests and the count of all, from the JUnit files that cargo-nextest leaves below a folder."""

import sys
from pathlib import Path
from xml.etree import ElementTree

SHOWN = 10


def tests_of(report):
    """One (seconds, run, test, failed) for each test of a report; the run is the report's folder."""
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            failed = case.find("failure") is not None or case.find("error") is not None
            yield float(case.get("time", "0")), report.parent.name, case.get("name"), failed


def main(folder):
    tests = [test for report in sorted(Path(folder).glob("*/times.xml")) for test in tests_of(report)]
    if not tests:
        print("No test's time is known.")
        return
    print(f"The slowest of {len(tests)} tests:")
    for seconds, run, name, _ in sorted(tests, reverse=True)[:SHOWN]:
        print(f"{seconds:7.2f} s  {run:8}  {name}")
    failed = sum(test[3] for test in tests)
    print(f"{len(tests) - failed} passed, {failed} failed")


if __name__ == "__main__":
    main(sys.argv[1])

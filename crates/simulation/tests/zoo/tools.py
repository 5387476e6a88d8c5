"""Lets detangle and simloom search for the faults of the zoo, for the table in
README.md:

    PYTHONPATH=FOLDERS python3 tools.py [NAME...]

Both are packages on PyPI, and FOLDERS is where they are. A line has the number of
the first schedule that fails, as each tool counts by default from its seed 0, or
"-" if none of LIMIT does. A "!" behind it says that the tool finds the mended
program wrong, too, in MENDED schedules.
"""

import functools
import sys

import detangle
import simloom

from twins import ALONE, PROGRAMS, checked

LIMIT = 10_000
MENDED = 500
MOST_STEPS = 5_000


def with_detangle(program, runs):
    try:
        options = {"database": False, "shrink": False, "max_steps": MOST_STEPS}
        detangle.explore(program, runs=runs, seed=0, **options)
    except detangle.BugFound as found:
        return found.report.runs
    return None


def with_simloom(program, runs):
    options = {"max_steps_per_instant": MOST_STEPS, "world": False}
    found = simloom.explore(program, runs=runs, **options)
    return found.runs if found.failed else None


def cell(explore, name):
    found = explore(functools.partial(checked, name), LIMIT)
    mended = explore(functools.partial(checked, name, True), MENDED)
    return ("-" if found is None else str(found)) + ("" if mended is None else "!")


for name in sys.argv[1:] or PROGRAMS | ALONE:
    cells = [cell(explore, name) for explore in (with_detangle, with_simloom)]
    print(f"| `{name}` | {' | '.join(cells)} |", flush=True)

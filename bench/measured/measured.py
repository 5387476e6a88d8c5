"""How a twin reports what it measured: as `src/lib.rs` does."""

import time as clock


def report(what, number, unit):
    print(f"{what}\t{number}\t{unit}", flush=True)


def time(what, operations, function):
    start = clock.perf_counter()
    result = function()
    report(what, (clock.perf_counter() - start) / operations, "s")
    return result

"""The same workloads on Python's event loops, with fewer operations each.

    peer.py asyncio|uvloop list
    peer.py asyncio|uvloop WORKLOAD
"""

import asyncio
import os
import signal
import sys

import inside  # noqa: F401 (they enter their workloads)
import outside  # noqa: F401
from measure import WORKLOADS


def main():
    loop, name = sys.argv[1:]
    if name == "list":
        print("\n".join(WORKLOADS))
        return
    # A run that hangs ends itself.
    signal.alarm(int(os.environ.get("BENCH_ALARM", "120")))
    factory = None
    if loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(WORKLOADS[name]())


main()

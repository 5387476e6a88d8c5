"""An empty main, for the start-up time: empty.py asyncio|uvloop"""

import asyncio
import sys

factory = None
if sys.argv[1] == "uvloop":
    import uvloop

    factory = uvloop.new_event_loop


async def main():
    pass


with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(main())

"""Where a task stands: one frame while it is suspended, and once it is done only
what its exception remembers."""

import asyncio
import sys


# ANCHOR: coroutine
async def refuel(station):
    pump = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(1, pump.set_result, None)
    await pump
    if station == "empty":
        raise ValueError("no fuel")
# ANCHOR_END: coroutine


def tell(task):
    functions = [frame.f_code.co_name for frame in task.get_stack()]
    print(f"{task.get_name()}: {functions}")


# ANCHOR: program
async def main():
    task = asyncio.create_task(refuel("open"), name="suspended")
    failing = asyncio.create_task(refuel("empty"), name="failed")
    await asyncio.sleep(0)
    tell(task)
    task.print_stack(file=sys.stdout)
    task.print_stack(file=sys.stderr)

    await task
    task.set_name("done")
    tell(task)

    await asyncio.sleep(0)
    tell(failing)
    failing.print_stack(file=sys.stderr)
    failing.exception()
# ANCHOR_END: program


asyncio.run(main())

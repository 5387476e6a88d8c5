"""What a task may do with a cancellation: clean up and pass it on, refuse it, or be
interrupted by a second one."""

import asyncio


# ANCHOR: clean_up
async def clean_up_and_go():
    try:
        await asyncio.sleep(3600)
    finally:
        print("  closing the file")
        await asyncio.sleep(2)
        print("  closed")
    return "done"
# ANCHOR_END: clean_up


# ANCHOR: refuse
async def refuse():
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError as error:
        print(f"  {error!r}? no, thanks")
    await asyncio.sleep(0.1)
    return "finished all the same"
# ANCHOR_END: refuse


# ANCHOR: take_back
async def take_it_back():
    myself = asyncio.current_task()
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        print(f"  requests: {myself.cancelling()}")
        print(f"  after uncancel: {myself.uncancel()}")
    return "went on as if nobody had asked"
# ANCHOR_END: take_back


# ANCHOR: ask
async def ask(task, times):
    await asyncio.sleep(0)
    for _ in range(times):
        print(f"cancel: {task.cancel()}")
        await asyncio.sleep(0.01)
    try:
        print(f"it {await task}")
    except asyncio.CancelledError as error:
        print(f"{error!r}, cancelled: {task.cancelled()}")
    print(f"cancel: {task.cancel()}")


async def main():
    print("clean up, then pass it on")
    await ask(asyncio.create_task(clean_up_and_go()), 1)
    print("refuse")
    await ask(asyncio.create_task(refuse()), 1)
    print("take the request back")
    await ask(asyncio.create_task(take_it_back()), 1)
    print("a second request interrupts the clean-up")
    await ask(asyncio.create_task(clean_up_and_go()), 2)
# ANCHOR_END: ask


asyncio.run(main())

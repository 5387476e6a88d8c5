"""What a task does when its coroutine awaits a future: it suspends the coroutine
until the future is done."""

import asyncio


# ANCHOR: tasks
async def passenger(train):
    print("passenger: waiting")
    print(f"passenger: boarding the train to {await train}")


async def announcer(train):
    for announcement in ["mind the gap", "stand clear"]:
        print(f"announcer: {announcement}")
        await asyncio.sleep(0)
    print("announcer: it arrives")
    train.set_result("Basel")
# ANCHOR_END: tasks


# ANCHOR: program
async def main():
    loop = asyncio.get_running_loop()
    train = loop.create_future()
    boarding = asyncio.create_task(passenger(train))
    announcing = asyncio.create_task(announcer(train))
    loop.call_soon(print, "a callback, in between")
    await boarding
    await announcing
    # ANCHOR_END: program

    # ANCHOR: cancel
    next_train = loop.create_future()
    waiting = asyncio.create_task(passenger(next_train))
    await asyncio.sleep(0)
    waiting.cancel()
    print(f"the future is cancelled: {next_train.cancelled()}")
    print(f"the task is cancelled: {waiting.cancelled()}")
    await asyncio.sleep(0)
    print(f"one step later: {waiting.cancelled()}")
    # ANCHOR_END: cancel


asyncio.run(main())

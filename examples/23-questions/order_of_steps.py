"""The order in which a loop takes its steps: passes, the distance from an end to
who waits for it, and timers."""

import asyncio

current_pass = 0
pass_of_end = 0


# ANCHOR: passes
def count_passes():
    """Counts the passes of the loop: a callback that queues itself anew runs once
    in each, and before all else."""
    global current_pass
    current_pass += 1
    asyncio.get_running_loop().call_soon(count_passes)


async def counted(part):
    global current_pass
    current_pass = 0
    asyncio.get_running_loop().call_soon(count_passes)
    await part
# ANCHOR_END: passes


# ANCHOR: queue
def log(what):
    print(f"  pass {current_pass}: {what}")


async def visit(name):
    log(f"{name} comes")
    await asyncio.sleep(0)
    log(f"{name} leaves")


async def visits():
    ann = asyncio.create_task(visit("Ann"))
    bob = asyncio.create_task(visit("Bob"))
    ann.add_done_callback(lambda _: log("Ann's done callback"))
    asyncio.get_running_loop().call_soon(log, "a plain callback")
    log("main has created both and awaits Bob")
    await bob
    log("main goes on")
# ANCHOR_END: queue


# ANCHOR: distances
async def end():
    global pass_of_end
    pass_of_end = current_pass


def passes_since_end(how):
    print(f"  {how}: {current_pass - pass_of_end}")


async def distances():
    task = asyncio.create_task(end())
    await task
    passes_since_end("await a task")

    await asyncio.gather(end(), end())
    passes_since_end("gather")

    await asyncio.wait([asyncio.create_task(end())])
    passes_since_end("wait")

    await asyncio.shield(end())
    passes_since_end("shield")

    await end()
    passes_since_end("await a coroutine")
    await task
    passes_since_end("await a task that is done")
    await asyncio.sleep(0)
    passes_since_end("sleep(0)")
# ANCHOR_END: distances


# ANCHOR: timers
async def nap(name, seconds):
    await asyncio.sleep(seconds)
    print(f"  {name} wakes")


async def naps():
    sleepers = [("Ann", 0.2), ("Bob", 0.1), ("Cleo", 0.2), ("Dan", 0.1)]
    await asyncio.gather(*(nap(name, seconds) for name, seconds in sleepers))
# ANCHOR_END: timers


print("first come, first served")
asyncio.run(counted(visits()))
print("passes from an end to the step that it lets go on")
asyncio.run(counted(distances()))
print("timers")
asyncio.run(naps())

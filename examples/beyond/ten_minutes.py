"""A short tour: a coroutine, tasks, a limit, a cancellation and an error."""

# ANCHOR: first
import asyncio
import json


async def fetch(page, seconds):
    await asyncio.sleep(seconds)
    return f"<{page}>"
# ANCHOR_END: first


# ANCHOR: side_by_side
async def side_by_side():
    # One after the other: three seconds.
    print(await fetch("a", 1), await fetch("b", 2))
    # Together: two seconds.
    print(json.dumps(await asyncio.gather(fetch("a", 1), fetch("b", 2))))

    task = asyncio.create_task(fetch("c", 1), name="background")
    print(task.get_name(), "is done:", json.dumps(task.done()))
    print(await task)
# ANCHOR_END: side_by_side


# ANCHOR: errors
async def parse(text):
    if not text:
        raise ValueError("nothing to parse")
    return int(text)


async def errors():
    print(await parse("42"))
    try:
        print(await parse(""))
    except ValueError as error:
        print("caught:", error)
# ANCHOR_END: errors


# ANCHOR: limits
async def limits():
    try:
        async with asyncio.timeout(1):
            print(await fetch("slow", 60))
    except TimeoutError:
        print("gave up")
# ANCHOR_END: limits


# ANCHOR: cancel
async def patient():
    try:
        await asyncio.sleep(3600)
    finally:
        print("cleaning up")


async def cancel():
    task = asyncio.create_task(patient())
    await asyncio.sleep(1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("it was cancelled")
# ANCHOR_END: cancel


# ANCHOR: main
async def main():
    await side_by_side()
    await errors()
    await limits()
    await cancel()


asyncio.run(main())
# ANCHOR_END: main

"""`wait` gives back the very tasks that it was given, so a task can be looked up in
`done`."""

import asyncio


async def ultimate_question():
    return 42


async def main():
    task = asyncio.create_task(ultimate_question())
    done, pending = await asyncio.wait([task])
    print(f"in done: {task in done}")
    print(f"in pending: {task in pending}")
    if task in done:
        print(f"result: {task.result()}")


asyncio.run(main())

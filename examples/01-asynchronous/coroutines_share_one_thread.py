"""All coroutines run in the thread of the caller of `run`; only what is handed to
`to_thread` does not."""

import asyncio
from threading import get_ident


async def visit(seconds):
    await asyncio.sleep(seconds)
    return get_ident()


async def main(caller):
    for task, thread in enumerate(
        await asyncio.gather(visit(3), visit(1), visit(2))
    ):
        print(f"task {task} in the thread of the caller: {thread == caller}")
    thread = await asyncio.to_thread(get_ident)
    print(f"to_thread in the thread of the caller: {thread == caller}")


asyncio.run(main(get_ident()))

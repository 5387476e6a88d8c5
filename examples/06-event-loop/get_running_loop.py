"""The running loop can be had in a coroutine and in a callback, and nowhere else.
"""

import asyncio


def ask(who):
    """A plain function: whether a loop runs depends on who calls it."""
    try:
        print(f"{who}: {asyncio.get_running_loop()}")
    except RuntimeError as error:
        print(f"{who}: RuntimeError: {error}")


async def main():
    ask("coroutine")
    asyncio.get_running_loop().call_soon(ask, "callback")
    await asyncio.sleep(0)


ask("before run")
asyncio.run(main())
ask("after run")

"""The exit runs however the block ends, sees the exception, and may suppress it."""

import asyncio
from contextlib import suppress


# ANCHOR: manager
class Transaction:
    async def __aenter__(self):
        print("  begin")

    async def __aexit__(self, _type, error, _traceback):
        await asyncio.sleep(0.01)
        if error is None:
            print("  commit")
        else:
            print(f"  roll back after {error!r}")
# ANCHOR_END: manager


# ANCHOR: ends
async def answer():
    async with Transaction():
        return 42


async def fail():
    async with Transaction():
        raise ValueError("no such account")


async def suppressed():
    with suppress(ValueError):
        await fail()


async def sleep_long():
    async with Transaction():
        await asyncio.sleep(3600)


async def burn():
    async with Transaction():
        # The nearest to a panic: hardly anybody catches this.
        raise SystemExit("the disk is on fire")


async def outcome(awaitable):
    try:
        result = await awaitable
    except (Exception, asyncio.CancelledError) as error:
        result = error
    print(f"  {result!r}")


async def main():
    print("a value")
    await outcome(answer())
    print("an error")
    await outcome(fail())
    print("an error that another manager suppresses")
    await outcome(suppressed())

    print("a cancellation")
    task = asyncio.create_task(sleep_long())
    await asyncio.sleep(0)
    task.cancel()
    await outcome(task)
    print("a time limit")
    await outcome(asyncio.wait_for(sleep_long(), 0.01))

    print("a panic")
    await burn()
    print("never reached")
# ANCHOR_END: ends


try:
    asyncio.run(main())
except SystemExit:
    print("  the panic went on: True")

"""The long way round to what `run` does: make a loop, run it until the coroutine is
complete, close it."""

import asyncio


def describe(moment, loop):
    print(f"{moment}: is_running {loop.is_running()}, is_closed {loop.is_closed()}")


# ANCHOR: program
async def main():
    describe("within", asyncio.get_running_loop())
    await asyncio.sleep(1)


loop = asyncio.new_event_loop()
describe("before", loop)
try:
    loop.run_until_complete(main())
finally:
    describe("between", loop)
    loop.close()
    describe("after", loop)
print(loop)
coro = main()
try:
    loop.run_until_complete(coro)
except RuntimeError as error:
    print(f"RuntimeError: {error}")
    coro.close()
# ANCHOR_END: program

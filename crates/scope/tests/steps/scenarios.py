"""What gathered coroutines do when one fails and the others are cancelled, on CPython: `python3.15 scenarios.py > expected.txt`.

A line is a scenario: what the coroutines `a` and `b` do, in which iteration the caller is cancelled, and after the arrow what happened.
The number before an event is that of the iteration.
"""
import asyncio
import itertools

events = []
tick = 0


def note(what):
    events.append(f"{tick} {what}")


async def gather_scoped(*coroutines, return_exceptions=False):
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    error = result = None
    try:
        result = await asyncio.gather(*tasks, return_exceptions=return_exceptions)
    except BaseException as raised:
        error = raised
    left = [task for task in tasks if not task.done()]
    for task in left:
        task.cancel()
    while left:
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError as cancelled:
            error = cancelled
        left = [task for task in left if not task.done()]
    if error:
        raise error
    return result


async def pause(times):
    for _ in range(times):
        await asyncio.sleep(0)


async def forever():
    await asyncio.get_running_loop().create_future()


async def returns(name):
    return name


async def pauses(name):
    await pause(2)
    return name


async def fails(name):
    raise ValueError(name)


async def fails_late(name):
    await pause(2)
    raise ValueError(name)


async def cleans_up(name):
    try:
        await forever()
    finally:
        note(f"{name} cleans up")
        await pause(2)
        note(f"{name} is clean")


async def refuses(name):
    try:
        await forever()
    except asyncio.CancelledError:
        note(f"{name} refuses")
    await pause(1)
    return name


async def fails_to_clean_up(name):
    try:
        await forever()
    except asyncio.CancelledError:
        await pause(1)
        raise RuntimeError(name)


async def cancels_itself(name):
    asyncio.current_task().cancel()
    await pause(1)
    return name


async def cancels_the_caller(name):
    caller.cancel()
    note(f"{name} cancels the caller")
    await pause(1)
    return name


KINDS = [returns, pauses, fails, fails_late, cleans_up, refuses, fails_to_clean_up, cancels_itself, cancels_the_caller]


async def noted(kind, name):
    note(f"{name} begins")
    try:
        value = await kind(name)
    except BaseException as error:
        note(f"{name} raises {error!r}")
        raise
    note(f"{name} returns")
    return value


async def call(a, b, settled):
    try:
        result = await gather_scoped(noted(a, "a"), noted(b, "b"), return_exceptions=settled)
    except BaseException as error:
        note(f"raised {error!r}")
    else:
        shown = ", ".join(value if isinstance(value, str) else repr(value) for value in result)
        note(f"returned {shown}")


async def scenario(a, b, when, settled):
    global caller, tick
    tick = 0
    caller = asyncio.create_task(call(a, b, settled))
    for _ in range(12):
        if tick == when:
            caller.cancel()
        await asyncio.sleep(0)
        tick += 1
    while not caller.done():
        caller.cancel()
        await asyncio.sleep(0)
        tick += 1
    name = f"{a.__name__} {b.__name__} {when}{' settled' * settled}"
    print(name, "->", ", ".join(events))
    events.clear()


async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    for settled, when in itertools.product([False, True], [0, 1, 2, 4, 5, 12]):
        for a, b in itertools.product(KINDS, repeat=2):
            await scenario(a, b, when, settled)


asyncio.run(main())

"""`yield from` is more than a loop that yields each item; `await` is like it."""

import asyncio


# ANCHOR: inner
def interview():
    """Asks two questions and returns the answers."""
    name = yield "name?"
    town = yield "town?"
    return f"{name} of {town}"


def question():
    """A plain function runs to its return and remembers nothing."""
    return "name?"
# ANCHOR_END: inner


# ANCHOR: outer
def by_a_loop():
    for question in interview():
        yield question
    return "nothing"


def by_yield_from():
    return (yield from interview())


def ask(generator):
    next(generator)
    generator.send("Ada")
    try:
        return generator.send("London")
    except StopIteration as stop:
        return stop.value
# ANCHOR_END: outer


# ANCHOR: await
async def inner(town):
    return f"Ada of {await town}"


async def outer(town):
    return await inner(town)
# ANCHOR_END: await


# ANCHOR: program
async def by_await():
    town = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(outer(town))
    await asyncio.sleep(0)
    town.set_result("London")
    return await task


print(f"a function: {question()} {question()}")
print(f"a loop: {ask(by_a_loop())}")
print(f"yield from: {ask(by_yield_from())}")
print(f"await: {asyncio.run(by_await())}")
# ANCHOR_END: program

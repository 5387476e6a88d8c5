"""What generators do in every state, on CPython: `python3.15 scenarios.py > expected.txt`.

A line is a scenario: a body, what was done to it, and after the arrow what came of each thing done (and what the body noted
on the way). In the asynchronous ones a number tells the iteration of the loop.
"""
import asyncio
import itertools
import sys
import weakref

events = []
tick = None


def note(what):
    events.append(what if tick is None else f"{tick} {what}")


def got(value):
    note(f"got {value}")


# Plain generators.

def through():
    try:
        got((yield 1))
        got((yield 2))
        return 3
    finally:
        note("finally")


def catches():
    try:
        got((yield 1))
    except ValueError as error:
        note(f"caught {error!r}")
    got((yield 2))
    return 4


def swallows():
    try:
        got((yield 1))
    except BaseException as error:
        note(f"caught {error!r}")
    return 5


def stubborn():
    for n in (1, 2, 3):
        try:
            got((yield n))
        except BaseException as error:
            note(f"caught {error!r}")
    return 6


def replaces():
    try:
        got((yield 1))
    except BaseException as error:
        note(f"caught {error!r}")
        raise RuntimeError("replaced")
    return 7


def empty():
    return 8
    yield


def delegates():
    returned = yield from through()
    note(f"returned {returned}")
    return 9


def again():
    """A generator that calls itself."""
    for f in (lambda: next(me), lambda: me.throw(ValueError("x")), lambda: me.close()):
        try:
            f()
        except ValueError as error:
            note(repr(error))
    yield 1


PLAIN = {
    "next": lambda g: next(g),
    "send": lambda g: g.send(5),
    "throw": lambda g: g.throw(ValueError("x")),
    "exit": lambda g: g.throw(GeneratorExit()),
    "close": lambda g: g.close(),
}


def do(op, g):
    try:
        value = PLAIN[op](g)
    except StopIteration as stop:
        note(f"stop {stop.value}")
    except BaseException as error:
        note(repr(error))
    else:
        note(f"closed {value}" if op == "close" else f"yield {value}")


def line(*words):
    print(*words, "->", ", ".join(events))
    events.clear()


def plain():
    for body in (through, catches, swallows, stubborn, replaces, empty, delegates):
        for ops in itertools.product(PLAIN, repeat=3):
            g = body()
            for op in ops:
                do(op, g)
            note("dropped")
            del g
            line(body.__name__, *ops)


# Asynchronous generators.

async def pause():
    await asyncio.sleep(0)


async def async_through():
    try:
        await pause()
        got((yield 1))
        await pause()
        got((yield 2))
        await pause()
    finally:
        note("finally")
        await pause()
        note("cleaned up")


async def async_catches():
    try:
        await pause()
        got((yield 1))
    except ValueError as error:
        note(f"caught {error!r}")
        await pause()
    got((yield 2))


async def async_swallows():
    try:
        await pause()
        got((yield 1))
    except BaseException as error:
        note(f"caught {error!r}")
    await pause()


async def async_stubborn():
    for n in (1, 2, 3):
        try:
            await pause()
            got((yield n))
        except BaseException as error:
            note(f"caught {error!r}")


async def async_replaces():
    try:
        got((yield 1))
        await pause()
    except BaseException as error:
        note(f"caught {error!r}")
        await pause()
        raise RuntimeError("replaced")


async def async_empty():
    return
    yield


ASYNC = {
    "anext": lambda g: anext(g),
    "asend": lambda g: g.asend(5),
    "athrow": lambda g: g.athrow(ValueError("x")),
    "aexit": lambda g: g.athrow(GeneratorExit()),
    "aclose": lambda g: g.aclose(),
}
BODIES = (async_through, async_catches, async_swallows, async_stubborn, async_replaces, async_empty)


async def ado(op, g, who=""):
    try:
        value = await ASYNC[op](g)
    except StopAsyncIteration:
        note(f"{who}end")
    except BaseException as error:
        note(f"{who}{error!r}")
    else:
        # `athrow` on a generator that has ended gives None.
        note(f"{who}closed" if op == "aclose" else f"{who}end" if value is None else f"{who}yield {value}")


class InOrder(dict):
    """The loop's open generators, in the order in which they first ran; a WeakSet has none."""
    def add(self, x):
        self[id(x)] = weakref.ref(x)

    def discard(self, x):
        self.pop(id(x), None)

    def __iter__(self):
        return iter([x for x in (r() for r in self.values()) if x is not None])


def report(loop, context):
    note(f"reported {context['message'].split(' <')[0]} {context['exception']!r}")


def run(main):
    """Runs a scenario in a loop of its own that counts its iterations."""
    global tick
    tick = 0

    def count():
        global tick
        tick += 1
        loop.call_soon(count)

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop._asyncgens = InOrder()
        loop.set_exception_handler(report)
        loop.call_soon(count)
        kept = runner.run(main)
        note("main ends")
    tick = None
    del kept


async def one(body, ops, keeps):
    g = body()
    for op in ops:
        await ado(op, g)
    if keeps:
        return g
    note("dropped")
    del g
    await pause()
    await pause()


async def two_at_once(ops):
    g = async_through()
    *before, first, second = ops
    for op in before:
        await ado(op, g)
    await asyncio.gather(ado(first, g, "first "), ado(second, g, "second "))


async def cancelled(body, before, op):
    g = body()
    for first in before:
        await ado(first, g)
    task = asyncio.create_task(ado(op, g))
    await pause()
    note(f"cancel {task.cancel()}")
    await asyncio.wait([task])
    del g


async def several(keeps):
    """Three generators that are left at a yield; the middle one fails when it is closed."""
    all = [async_through(), async_replaces(), async_swallows()]
    for g in all:
        await ado("anext", g)
    del g
    note("kept" if keeps else "dropped")
    # From first to last; a list drops its items from last to first.
    while not keeps and all:
        del all[0]
    return all


def asynchronous():
    for body in BODIES:
        for i, ops in enumerate(itertools.product(ASYNC, repeat=3)):
            run(one(body, ops, i % 2))
            line(body.__name__, *ops, "kept" if i % 2 else "dropped")
    for before in ([], ["anext"]):
        for first, second in itertools.product(ASYNC, repeat=2):
            run(two_at_once([*before, first, second]))
            line("at once", *before, first, second)
    for body in BODIES:
        for before in ([], ["anext"]):
            for op in ASYNC:
                run(cancelled(body, before, op))
                line("cancelled", body.__name__, *before, op)
    for keeps in (False, True):
        run(several(keeps))
        line("several", "kept" if keeps else "dropped")


# Errors that cannot be raised anywhere are of no interest here.
sys.unraisablehook = lambda unraisable: None
plain()
me = again()
do("next", me)
line("again")
asynchronous()

"""Runs programs on CPython's own event loop: one JSON program per line in, one JSON trace (a string) per line out.

`python3.15 interpreter.py --show < program.json` prints the Python code that a program stands for: a program is
translated, function by function and step by step, and then executed. Only the clock and the selector of the loop are replaced,
and orders that CPython leaves to chance are fixed: see `Loop`.
"""
import asyncio
import contextlib
import contextvars
import functools
import gc
import itertools
import json
import logging
import os
import re
import selectors
import signal
import sys
import warnings
import weakref

from translate import Translator

MOST_CALLS = 60
MOST_LINES = 400
# In seconds of processor time, and how often that may pass. CPython itself may loop for ever, in
# `contextlib._fix_exception_context`.
MOST_TIME = 0.5
ALARMS = 6


# The loop. Timers that are due at the same instant fire in the order of their creation, and sets of tasks and of
# generators are iterated in that order.

class Deadlock(Exception):
    """Nothing can ever happen again."""


class Selector(selectors.SelectSelector):
    """Time passes only when nothing is ready, and then jumps to the next timer."""
    loop = None

    def select(self, timeout=None):
        if timeout is None:
            raise Deadlock
        if timeout > 0:
            self.loop.now = self.loop._scheduled[0].when()
        return []


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        selector = Selector()
        selector.loop = self
        self.now = 0.0
        super().__init__(selector)
        self._asyncgens = OrderedWeakSet()
        self.set_exception_handler(report)
        if world.tape:
            self._ready = schedule().Ready(world.tape)

    def _make_self_pipe(self):
        """Does nothing: no thread wakes the loop, and WebAssembly has no sockets."""

    _close_self_pipe = _make_self_pipe

    def time(self):
        return self.now

    def create_task(self, coro, **keywords):
        return in_order(lambda: super(Loop, self).create_task(coro, **keywords))

    def close(self):
        # Kept, because otherwise they would be collected as garbage here.
        world.pending = asyncio.all_tasks(self)
        super().close()


class OrderedSet(dict):
    def __init__(self, items=()):
        super().__init__((item, None) for item in items)

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    remove = dict.__delitem__


class OrderedWeakSet(OrderedSet):
    """A set of generators, in the order in which they first ran. Those of `asynccontextmanager` are left out."""

    def add(self, generator):
        if not generator.__name__.startswith("m"):
            # A generator that is gone may have had the same address, and an earlier place.
            self.discard(generator)
            self[id(generator)] = weakref.ref(generator)

    def discard(self, generator):
        self.pop(id(generator), None)

    def __iter__(self):
        """Leaves out generators that have ended and are in no slot. Tracebacks keep these alive, which ours does not have. Closing
        them has no effect, but a schedule would see it."""
        generators = [generator for ref in list(self.values()) if (generator := ref()) is not None]
        slots = [id(generator) for generator in (*world.generators.values(), *world.closing)]
        return (each for each in generators if each.ag_frame is not None or id(each) in slots)


class TimerHandle(asyncio.TimerHandle):
    numbers = itertools.count()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.number = next(self.numbers)

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


class TaskGroup(asyncio.TaskGroup):
    def __init__(self):
        super().__init__()
        self._tasks = OrderedSet()


class AsCompleted(asyncio.tasks._AsCompletedIterator):
    def __init__(self, aws, timeout):
        super().__init__([], None)
        loop = asyncio.get_running_loop()
        self._todo = OrderedSet(asyncio.ensure_future(aw) for aw in dict.fromkeys(aws))
        for future in self._todo:
            future.add_done_callback(self._handle_completion)
        if self._todo and timeout is not None:
            self._timeout_handle = loop.call_later(timeout, self._handle_timeout)
        self._todo_left = len(self._todo)

    def close(self):
        """The iteration is over. Ours has no callbacks from now on, unless a timer keeps it alive. CPython's do nothing, but a
        schedule would see them."""
        if self._timeout_handle is None:
            for future in self._todo:
                future.remove_done_callback(self._handle_completion)


def in_order(create):
    number = next(world.numbers)
    task = create()
    world.order[task] = number
    return task


def all_tasks(loop=None, original=asyncio.all_tasks):
    return sorted(original(loop), key=lambda task: world.order.get(task, 0))


asyncio.events.TimerHandle = TimerHandle
# The set that `wait` iterates.
asyncio.tasks.set = OrderedSet
asyncio.tasks.all_tasks = all_tasks


# Called by the translated programs.

class World:
    """A running program, and its trace."""

    def __init__(self, program):
        self.lines = []
        self.closed = False
        self.now = 0.0
        self.calls = 0
        self.numbers, self.name_numbers = itertools.count(), itertools.count(1)
        # Weak, because a failed task keeps its traceback, and thereby what it waited for, which may be a generator.
        self.order, self.names = weakref.WeakKeyDictionary(), weakref.WeakKeyDictionary()
        self.slots = [None] * program["slots"]
        self.groups, self.generators, self.callbacks, self.handles, self.limits = {}, {}, {}, {}, {}
        # Only here the traceback of an error while closing would keep the generator alive.
        self.closing = []
        self.vars = [contextvars.ContextVar("var0"), contextvars.ContextVar("var1")]
        self.tape = None
        if (seed := program.get("schedule")) is not None:
            self.tape = schedule().Tape(f"1:fence:walk:{seed}", note_choice)
        self.objects = [make(**object) for object in program.get("objects", [])]


@functools.cache
def schedule():
    """The module with which the examples' twins follow schedules."""
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "examples"))
    import schedule
    return schedule


def note_choice(length, index, eligible):
    note(f"# {length} {index}")


class Item:
    """An item of a queue. Only the tens decide its order, so that many are equal."""

    def __init__(self, number):
        self.number = number

    def __lt__(self, other):
        return self.number // 10 < other.number // 10

    def __repr__(self):
        return str(self.number)


world = None


def show(value):
    match value:
        case BaseException():
            return re.sub(r": <Task.*|: <_Gathering.*", "", repr(value))
        case list():
            return f"[{', '.join(map(show, value))}]"
        case asyncio.Queue():
            return str(value)
        case asyncio.locks._ContextManagerMixin() | asyncio.Event() | asyncio.Barrier():
            return re.sub(r"<asyncio.locks.(\w+) object at 0x\w+", r"<\1", repr(value))
        case _:
            return str(value)


def log(*parts):
    if world.closed:
        return
    loop = asyncio.events._get_running_loop()
    if loop and loop.now != world.now:
        world.now = loop.now
        world.lines.append(f"@{world.now!r}")
    task = asyncio.current_task() if loop else None
    if task is None:
        name = "-"
    else:
        # The number of a task's first line.
        if (name := world.names.get(task)) is None:
            name = world.names[task] = f"t{next(world.name_numbers)}"
    note(" ".join([name, *map(show, parts)]))


def note(line):
    if world.closed:
        return
    world.lines.append(line)
    if len(world.lines) >= MOST_LINES:
        world.closed = True


def may_begin(name):
    """Begins a call, unless there were too many: every program must end."""
    log(name)
    world.calls += 1
    return world.calls <= MOST_CALLS


def slot(number):
    future = world.slots[number]
    if future is None:
        raise LookupError(f"slot {number}")
    return future


def fetch(where, number):
    if where.get(number) is None:
        raise LookupError(f"number {number}")
    return where[number]


def aclosing(number):
    world.closing.append(fetch(world.generators, number))
    return contextlib.aclosing(world.closing[-1])


def spawn(number, coroutine, eager):
    def create():
        return asyncio.Task(coroutine, loop=asyncio.get_running_loop(), eager_start=True)
    world.slots[number] = in_order(create) if eager else asyncio.create_task(coroutine)
    log("spawn")


def group_spawn(group, number, coroutine, **keywords):
    world.slots[number] = fetch(world.groups, group).create_task(coroutine, **keywords)
    log("group_spawn")


async def wait(futures, timeout, return_when):
    done, pending = await asyncio.wait(futures, timeout=timeout, return_when=return_when)
    log("wait", *([i for i, future in enumerate(futures) if future in sort] for sort in (done, pending)))


async def as_completed(items, timeout):
    with contextlib.closing(AsCompleted(items, timeout)) as completed:
        for wait in completed:
            try:
                log("completed", await wait)
            except Exception as e:
                if world.closed:
                    # Collected as garbage, in a closed loop. Since 3.15 a wait that fails is repeated, for ever.
                    raise
                log("completed", e)


async def as_completed_async(items, timeout):
    with contextlib.closing(AsCompleted(items, timeout)) as completed:
        async for future in completed:
            log("completed", "cancelled" if future.cancelled() else future.exception() or future.result())


def add_callback(future, callback, key):
    callback = functools.partial(callback)
    world.callbacks[key] = callback
    future.add_done_callback(callback)


def exit_of(callback, suppress):
    def exit(kind, error, traceback):
        log("exit", error)
        callback()
        return suppress
    return exit


def async_exit_of(function, suppress):
    async def exit(kind, error, traceback):
        log("exit", error)
        await function()
        return suppress
    return exit


def countdown(times):
    """A predicate that becomes true the last of this many times that it is asked."""
    left = iter(range(times - 1, -1, -1))

    def is_so():
        log("asked")
        return next(left, 0) <= 0
    return is_so


def o(number):
    return world.objects[number]


def make(kind, size=0):
    return getattr(asyncio, kind)(*[size] * (kind not in ("Lock", "Event", "Condition")))


# Running.

# Messages about what is collected as garbage.
UNSAID = ("never retrieved", "destroyed")


def report(_, context):
    """The loop's exception handler."""
    if not any(part in context["message"] for part in UNSAID):
        log("handler", context["message"].split("<")[0], context.get("exception"))


def compiled(program):
    warnings.simplefilter("ignore")
    return compile(Translator(program).source(), "<program>", "exec")


def run(program, code=None):
    """The trace of a program, which may already be compiled."""
    global world
    world = World(program)
    scope = dict(globals())
    exec(code or compiled(program), scope)
    runner = asyncio.Runner(loop_factory=Loop)
    if program.get("eager"):
        runner.get_loop().set_task_factory(asyncio.eager_task_factory)
    for main in [0, *program.get("runs", [])]:
        try:
            log("main returned", runner.run(scope[f"f{main}"]()))
        except Deadlock:
            log("deadlock")
            break
        except BaseException as e:
            log("main raised", e)
    try:
        runner.close()
    except Deadlock:
        log("deadlock")
    except BaseException as e:
        log("close raised", e)
    # Garbage that is collected from now on does not count for the trace.
    world.closed = True
    gc.collect()
    return "\n".join(world.lines) + "\n"


alarms = 0


def give_up(*_):
    """A program that takes too long has no trace, and the next one gets a new interpreter."""
    global alarms
    alarms += 1
    # One alarm is not enough: a machine that was suspended for a while may count that as processor time.
    if alarms >= ALARMS:
        print("null", flush=True)
        # The timer would outlive it.
        limit_time(0)
        os.execv(sys.executable, sys.orig_argv)


def limit_time(seconds):
    global alarms
    alarms = 0
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)


def be_quiet():
    """From now on only traces are printed, and garbage is collected only between programs."""
    warnings.simplefilter("ignore")
    logging.disable()
    sys.unraisablehook = lambda _: None
    gc.disable()
    gc.freeze()


def main():
    if "--show" in sys.argv:
        print(Translator(json.load(sys.stdin)).source())
        return
    be_quiet()
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGVTALRM, give_up)
    for line in sys.stdin:
        limit_time(MOST_TIME)
        trace = run(json.loads(line))
        limit_time(0)
        print(json.dumps(trace), flush=True)


if __name__ == "__main__":
    main()

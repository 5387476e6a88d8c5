"""Runs a Python program on virtual time and with seeded chance:
python3.13 virtual.py PROGRAM [ARGUMENT...]

CPython's event loop stays as it is; its selector and the clocks of `time` and
`datetime` are replaced, so that time jumps to the next timer whenever nothing is
ready, as it does in the Rust runtime with ASYNCIO_CLOCK=virtual. While something
outside the loop is waited for (a thread at work, a descriptor), a timer takes its
real time. ASYNCIO_SEED seeds `random` and `os.urandom` as it does in the Rust
programs. ASYNCIO_SCHEDULE runs the program under a schedule: see schedule.py.
ASYNCIO_STEPS notes the steps of its tasks in a file: see steps.py.
"""

import asyncio
import datetime
import itertools
import os
import random
import runpy
import selectors
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

# Imported before the clocks are replaced: these keep the real one for their own
# waits.
import queue  # noqa: F401
import subprocess  # noqa: F401

VIRTUAL_START = datetime.datetime(
    2026, 1, 1, tzinfo=datetime.timezone.utc
).timestamp()
REAL = {
    name: getattr(time, name)
    for name in ("monotonic", "strftime", "localtime", "gmtime", "ctime")
}


class Thread(threading.local):
    """What belongs to one thread."""

    now = 0.0  # its virtual time
    works_for = None  # the jobs of which it does one
    # The future of the pool that run_in_executor has just made one of the loop of.
    wrapped = None


class Jobs:
    """The jobs that a loop has given to a pool of threads; only the loop's thread
    writes here."""

    def __init__(self, loop, size):
        self.loop = loop
        self.size = size
        self.unfinished = 0
        self.asleep = (
            0  # the threads that sleep until a timer of the loop wakes them
        )


here = Thread()
pools = weakref.WeakKeyDictionary()
shutdowns = set()  # the loops that wait for their threads to end


def at_work(loop):
    """Whether something will come of other threads by itself. A job that is queued
    behind sleeping threads sleeps too."""
    mine = [jobs for jobs in pools.values() if jobs.loop is loop]
    if any(min(jobs.unfinished, jobs.size) > jobs.asleep for jobs in mine):
        return True
    return loop in shutdowns and not any(jobs.asleep for jobs in mine)


class Selector(selectors.DefaultSelector):
    """Instead of waiting for the next timer it moves the clock there."""

    def select(self, timeout=None):
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        loop = asyncio.get_running_loop()
        watched = (
            len(self.get_map()) > 1
        )  # something besides the loop's own wake-up descriptor
        if (
            watched
            or at_work(loop)
            or (timeout is None and threading.active_count() > 1)
        ):
            begun = REAL["monotonic"]()
            ready = super().select(timeout)
            if timeout is None or REAL["monotonic"]() - begun < timeout:
                return ready
        elif timeout is None:
            raise RuntimeError("deadlock: no task can go on")
        # The deadline itself, not the sum of now and the rest: that could miss it
        # by the last bit.
        here.now = max(here.now, loop._scheduled[0]._when)
        return ready


class TimerHandle(asyncio.TimerHandle):
    """On the real clock no two timers are made at one instant; here the one that
    was made first is due first."""

    __slots__ = ("_number",)
    made = itertools.count()

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._number = next(self.made)

    def __lt__(self, other):
        return (self._when, self._number) < (other._when, other._number)


class Tasks(set):
    """Tasks in the order of their creation. CPython's set of all tasks is walked in
    any order, that of addresses."""

    created, count = weakref.WeakKeyDictionary(), itertools.count()

    def __iter__(self):
        return iter(sorted(super().__iter__(), key=self.created.get))


class InOrder(set):
    """The set that `wait` and `as_completed` make of what they are given, in the
    order in which it is given."""

    def __init__(self, items=()):
        self.items = list(dict.fromkeys(items))
        super().__init__(self.items)

    def add(self, item):
        if item not in self:
            self.items.append(item)
        super().add(item)

    def __iter__(self):
        return (item for item in list(self.items) if item in self)


def create_task(loop, coro, original=asyncio.BaseEventLoop.create_task, **options):
    task = original(loop, coro, **options)
    Tasks.created[task] = next(Tasks.count)
    return task


def all_tasks(loop=None, original=asyncio.all_tasks):
    return Tasks(original(loop))


def sleep(seconds):
    jobs = here.works_for
    if jobs is None:
        here.now += max(seconds, 0)
        return
    woken = threading.Event()

    def begin():
        jobs.asleep += 1
        jobs.loop.call_later(seconds, end)

    def end():
        jobs.asleep -= 1
        woken.set()

    try:
        jobs.loop.call_soon_threadsafe(begin)
        while not woken.wait(0.1) and not jobs.loop.is_closed():
            pass
    except RuntimeError:
        pass  # The loop is closed: nobody waits for this thread any more.


def run_in_executor(
    loop,
    executor,
    function,
    *arguments,
    original=asyncio.BaseEventLoop.run_in_executor
):
    def job():
        here.works_for = jobs
        try:
            return function(*arguments)
        finally:
            here.works_for = None

    def ended():
        jobs.unfinished -= 1

    if executor is None and loop._default_executor is None:
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
    pool = executor or loop._default_executor
    jobs = pools.get(pool)
    if jobs is None or jobs.loop is not loop:
        jobs = pools[pool] = Jobs(loop, pool._max_workers)
    future = original(loop, executor, job)
    jobs.unfinished += 1
    # After the loop's own callback: the job has ended when the loop has heard of
    # it, and not before.
    here.wrapped.add_done_callback(
        lambda _: loop.is_closed() or loop.call_soon_threadsafe(ended)
    )
    return future


def wrap_future(future, *, loop=None, original=asyncio.wrap_future):
    here.wrapped = future
    return original(future, loop=loop)


async def shutdown_default_executor(
    loop, timeout=None, original=asyncio.BaseEventLoop.shutdown_default_executor
):
    shutdowns.add(loop)
    try:
        await original(loop, timeout)
    finally:
        shutdowns.remove(loop)


class DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)


def install(seed):
    selectors.DefaultSelector = Selector
    asyncio.events.TimerHandle = TimerHandle
    asyncio.BaseEventLoop.create_task = create_task
    asyncio.all_tasks = asyncio.tasks.all_tasks = all_tasks
    asyncio.tasks.set = InOrder
    asyncio.futures.wrap_future = wrap_future  # the one that run_in_executor uses
    asyncio.BaseEventLoop.run_in_executor = run_in_executor
    asyncio.BaseEventLoop.shutdown_default_executor = shutdown_default_executor
    datetime.datetime = DateTime
    time.monotonic = time.perf_counter = lambda: here.now
    time.time = lambda: VIRTUAL_START + here.now
    time.sleep = sleep
    time.localtime = lambda seconds=None: REAL["localtime"](
        time.time() if seconds is None else seconds
    )
    time.gmtime = lambda seconds=None: REAL["gmtime"](
        time.time() if seconds is None else seconds
    )
    time.ctime = lambda seconds=None: REAL["ctime"](
        time.time() if seconds is None else seconds
    )
    time.strftime = lambda format, when=None: REAL["strftime"](
        format, time.localtime() if when is None else when
    )
    if seed:
        random.seed(int(seed))
        # A generator of its own, so that random bytes do not disturb the other
        # draws.
        bytes_of = random.Random(int(seed))
        os.urandom = lambda size: bytes(
            bytes_of.getrandbits(8) for _ in range(size)
        )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if token := os.environ.get("ASYNCIO_SCHEDULE"):
        import schedule

        schedule.install(token)
    if path := os.environ.get("ASYNCIO_STEPS"):
        import steps
    del sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    install(os.environ.get("ASYNCIO_SEED"))
    write = steps.install(path, sys.argv[0]) if path else lambda: None
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        write()

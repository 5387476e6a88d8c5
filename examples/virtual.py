"""Runs a Python program on virtual time and with seeded chance: python3.13 virtual.py PROGRAM [ARGUMENT...]

CPython's event loop stays as it is; its selector and the clocks of `time` and `datetime` are replaced, so that time jumps
to the next timer whenever nothing is ready, as it does in the Rust runtime with ASYNCIO_CLOCK=virtual. While something
outside the loop is waited for (a thread at work, a descriptor), time passes as on the real clock. ASYNCIO_SEED seeds
`random` and `os.urandom` as it does in the Rust programs.
"""

import asyncio
import concurrent.futures.thread  # noqa: F401  These and the next keep the real clock for their own waits.
import datetime
import itertools
import os
import queue  # noqa: F401
import random
import runpy
import selectors
import subprocess  # noqa: F401
import sys
import threading
import time
import weakref

VIRTUAL_START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc).timestamp()
REAL = {name: getattr(time, name) for name in ("monotonic", "strftime", "localtime", "gmtime", "ctime")}


class Thread(threading.local):
    """What belongs to one thread: its virtual time, and the loop that it does a job for."""

    now = 0.0
    works_for = None


class Outside:
    """What the loop waits for besides its timers; only the loop's thread writes here."""

    jobs = 0  # threads that work for the loop and are not asleep
    sleepers = 0  # those that are, each with a timer of the loop
    shutdowns = 0  # waits for the pool's threads to end


here = Thread()
outside = Outside()


class Selector(selectors.DefaultSelector):
    """Instead of waiting for the next timer it moves the clock there."""

    def select(self, timeout=None):
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        watched = len(self.get_map()) - 1  # without the loop's own wake-up descriptor
        at_work = outside.jobs or (outside.shutdowns and not outside.sleepers)
        if watched or at_work or (timeout is None and threading.active_count() > 1):
            begun = REAL["monotonic"]()
            ready = super().select(timeout)
            here.now += REAL["monotonic"]() - begun
            return ready
        if timeout is None:
            raise RuntimeError("deadlock: no task can go on")
        # The deadline itself, not the sum of now and the rest: that could miss it by the last bit.
        here.now = max(here.now, asyncio.get_running_loop()._scheduled[0]._when)
        return ready


class TimerHandle(asyncio.TimerHandle):
    """On the real clock no two timers are made at one instant; here the one that was made first is due first."""

    __slots__ = ("_number",)
    made = itertools.count()

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._number = next(self.made)

    def __lt__(self, other):
        return (self._when, self._number) < (other._when, other._number)


class Tasks(set):
    """Tasks in the order of their creation. CPython's set of all tasks is walked in any order, that of addresses."""

    created, count = weakref.WeakKeyDictionary(), itertools.count()

    def __iter__(self):
        return iter(sorted(super().__iter__(), key=self.created.get))


def create_task(loop, coro, original=asyncio.BaseEventLoop.create_task, **options):
    task = original(loop, coro, **options)
    Tasks.created[task] = next(Tasks.count)
    return task


def all_tasks(loop=None, original=asyncio.all_tasks):
    return Tasks(original(loop))


def sleep(seconds):
    loop = here.works_for
    if loop is None:
        here.now += max(seconds, 0)
        return
    woken = threading.Event()

    def begin():
        outside.jobs, outside.sleepers = outside.jobs - 1, outside.sleepers + 1
        loop.call_later(seconds, end)

    def end():
        outside.jobs, outside.sleepers = outside.jobs + 1, outside.sleepers - 1
        woken.set()

    loop.call_soon_threadsafe(begin)
    woken.wait()


def run_in_executor(loop, executor, function, *arguments, original=asyncio.BaseEventLoop.run_in_executor):
    def job():
        here.works_for = loop
        try:
            return function(*arguments)
        finally:
            here.works_for = None

    future = original(loop, executor, job)
    outside.jobs += 1
    return future


def wrap_future(future, *, loop=None, original=asyncio.wrap_future):
    """The loop's side of a job. The job has ended when the loop has heard of it, and not before."""

    def ended():
        outside.jobs -= 1

    wrapped = original(future, loop=loop)
    future.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(ended))
    return wrapped


async def shutdown_default_executor(loop, timeout=None, original=asyncio.BaseEventLoop.shutdown_default_executor):
    outside.shutdowns += 1
    try:
        await original(loop, timeout)
    finally:
        outside.shutdowns -= 1


class DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)


def install(seed):
    selectors.DefaultSelector = Selector
    asyncio.events.TimerHandle = TimerHandle
    asyncio.BaseEventLoop.create_task = create_task
    asyncio.all_tasks = asyncio.tasks.all_tasks = all_tasks
    asyncio.futures.wrap_future = wrap_future  # the one that run_in_executor uses
    asyncio.BaseEventLoop.run_in_executor = run_in_executor
    asyncio.BaseEventLoop.shutdown_default_executor = shutdown_default_executor
    datetime.datetime = DateTime
    time.monotonic = time.perf_counter = lambda: here.now
    time.time = lambda: VIRTUAL_START + here.now
    time.sleep = sleep
    time.localtime = lambda seconds=None: REAL["localtime"](time.time() if seconds is None else seconds)
    time.gmtime = lambda seconds=None: REAL["gmtime"](time.time() if seconds is None else seconds)
    time.ctime = lambda seconds=None: REAL["ctime"](time.time() if seconds is None else seconds)
    time.strftime = lambda format, when=None: REAL["strftime"](format, time.localtime() if when is None else when)
    if seed:
        random.seed(int(seed))
        # A generator of its own, so that random bytes do not disturb the other draws.
        bytes_of = random.Random(int(seed))
        os.urandom = lambda size: bytes(bytes_of.getrandbits(8) for _ in range(size))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    del sys.argv[0]
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    install(os.environ.get("ASYNCIO_SEED"))
    runpy.run_path(sys.argv[0], run_name="__main__")

"""Runs CPython's event loop under a schedule, which is what ASYNCIO_SCHEDULE names:
the same token, and the same order of steps, as in the Rust programs.

`_run_once` stays as it is: the queue of what is ready is a deque whose `popleft`
chooses. What may run, and which numbers are drawn, is that of the Rust crate
`asyncio-simulation`. With ASYNCIO_SCHEDULE_TRACE=FILE each choice is written to
FILE as "LEN INDEX ELIGIBLE".

A token is `1:fence:walk:SEED` or `1:fence:dev:STEP=INDEX/LEN,...`.
"""

import asyncio
import collections
import os
import threading
from asyncio import base_events, events

WINDOW = 64
PATIENCE = 100
MASK = (1 << 64) - 1


class StaleSchedule(Exception):
    """The schedule is that of another program."""


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


class Tape:
    """The choices, for all loops of a thread."""

    def __init__(self, token, note=lambda length, index, eligible: None):
        token, _, other = token.partition("+")
        if other:
            raise ValueError(f"only Rust replays networks and time, {other!r}")
        version, fence, kind, rest = token.split(":", 3)
        if (version, fence) != ("1", "fence") or kind not in ("walk", "dev"):
            raise ValueError(f"{token!r} is not a schedule")
        self.step = 0
        self.note = note
        self.draws = SplitMix64(int(rest)) if kind == "walk" else None
        self.deviations = {}
        for item in filter(None, rest.split(",") if kind == "dev" else ()):
            step, choice = item.split("=")
            self.deviations[int(step)] = tuple(map(int, choice.split("/")))

    def choose(self, length, eligible):
        step = self.step
        self.step += 1
        index = 0
        if self.draws:
            if eligible > 1:
                index = self.draws.next() % eligible
        elif step in self.deviations:
            index, expected = self.deviations[step]
            if expected != length:
                raise StaleSchedule(
                    f"step {step}: {length} are ready, the schedule says {expected}"
                )
            if index >= eligible:
                raise StaleSchedule(
                    f"step {step}: the schedule runs entry {index}, "
                    f"only {eligible} may run"
                )
        self.note(length, index, eligible)
        return index


def is_step(handle):
    """Is it a step of a task, and not a callback? (Not every bound method of a task
    is one: think of `call_later(1, task.cancel)`.)"""
    callback = handle._callback
    return type(callback).__name__ == "TaskStepMethWrapper" or (
        getattr(callback, "__name__", "") == "task_wakeup"
        and isinstance(callback.__self__, asyncio.Task)
    )


class Ready(collections.deque):
    """What is ready. A task may be put off, but nothing overtakes a callback that
    was queued before it."""

    def __init__(self, tape):
        super().__init__()
        self.tape = tape
        # How many times the entries at the head were passed over.
        self.passed = collections.deque()

    def append(self, handle):
        # A timer that was cancelled is no entry: when it is dropped depends on the
        # heap.
        if isinstance(handle, events.TimerHandle) and handle._cancelled:
            return
        # Since 3.14 `shield` has a callback that only keeps the call graph up to
        # date. It is no entry in Rust.
        name = getattr(handle._callback, "__qualname__", "")
        if name == "shield.<locals>._clear_awaited_by_callback":
            handle._run()
            return
        super().append(handle)

    def eligible(self):
        if self.passed and self.passed[0] >= PATIENCE:
            return 1
        end = min(len(self), WINDOW)
        for index in range(end):
            if not is_step(self[index]):
                return index + 1
        return end

    def popleft(self):
        index = self.tape.choose(len(self), self.eligible())
        while len(self.passed) < index:
            self.passed.append(0)
        for before in range(index):
            self.passed[before] += 1
        if index < len(self.passed):
            del self.passed[index]
        handle = self[index]
        del self[index]
        return handle


def install(token, original=base_events.BaseEventLoop.__init__):
    """Lets the loops of this thread follow the schedule."""
    note = lambda length, index, eligible: None
    if path := os.environ.get("ASYNCIO_SCHEDULE_TRACE"):
        trace = open(path, "w")
        note = lambda *choice: print(*choice, file=trace)
    tape, own = Tape(token, note), threading.get_ident()

    def init(loop):
        original(loop)
        if threading.get_ident() == own:
            loop._ready = Ready(tape)

    base_events.BaseEventLoop.__init__ = init

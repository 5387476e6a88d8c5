"""The order of steps, as a program that anyone can read: loop, future, task, cancellation, timeout, groups.

It has asyncio's names, does what asyncio does, and leaves out speed, descriptors, threads and debugging. Each file is the
counterpart of the file of that name in `Lib/asyncio`; read them in this order:

- `events`: a callback to come, and which loop runs
- `base_events`: the loop, which has one queue and the timers
- `futures`: a result to come, and its callbacks
- `tasks`: a coroutine on its way, step by step, and its cancellation
- `waiting`: what waits for tasks and futures: `sleep`, `gather`, `shield`, `wait`, `wait_for` (CPython has these in `tasks`)
- `timeouts`, `taskgroups`, `runners`

Time is virtual: it jumps to the next timer when nothing is ready. `accepts.py`, beside this folder, holds recorded traces
against it.
"""
from asyncio import CancelledError, InvalidStateError

from .base_events import Deadlock, Loop
from .events import Handle, get_running_loop
from .futures import Future
from .runners import Runner
from .taskgroups import TaskGroup
from .tasks import Task, create_task, current_task
from .timeouts import Timeout, timeout
from .waiting import ensure_future, gather, shield, sleep, wait, wait_for

__all__ = [
    "CancelledError", "Deadlock", "Future", "Handle", "InvalidStateError", "Loop", "Runner", "Task", "TaskGroup", "Timeout",
    "create_task", "current_task", "ensure_future", "gather", "get_running_loop", "shield", "sleep", "timeout", "wait",
    "wait_for",
]

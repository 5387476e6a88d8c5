"""Notes each step that the tasks of a program take: which task, and where it
stands afterwards. ASYNCIO_STEPS=FILE lets virtual.py write that to FILE.

A line of JSON is a step: `task` (the number of the task, in the order of
creation), `line` (the innermost line of the program where the task stands),
`waits` (what for), `on` (the task that it awaits) or `end`, `time` (the loop's),
and `printed` (how long standard output, which is a file, is then). A step within
another one, of a task that is started eagerly, comes after it. At the end come the
tasks, by `name` and `coroutine`.

Nothing here keeps a task alive or looks at its result: the program runs as it
does without.
"""

import asyncio
import gc
import inspect
import json
import os
import sys
import types
import weakref

# What a task waits for, by the function of the library that it waits in; in any
# other it waits for a future.
WAITS = {
    "sleep": "a timer",
    "_AsCompletedIterator._wait_for_one": "as_completed",
    "Queue.get": "Queue.get",
    "Queue.put": "Queue.put",
    "Queue.join": "Queue.join",
    "Lock.acquire": "Lock",
    "Event.wait": "Event",
    "Barrier.wait": "Barrier",
    "Condition.wait": "Condition",
    "Semaphore.acquire": "Semaphore",
}

# What `run` awaits at its end, and what closes a generator that was dropped.
NOT_OF_THE_PROGRAM = (
    "shutdown_asyncgens",
    "shutdown_default_executor",
    "async_generator_athrow",
)
GENERATORS = (
    types.CoroutineType,
    types.GeneratorType,
    types.AsyncGeneratorType,
)


def inner(awaitable):
    """What a coroutine awaits, or a generator delegates to."""
    for name in ("cr_await", "gi_yieldfrom", "ag_await"):
        if hasattr(awaitable, name):
            return getattr(awaitable, name)
    if asyncio.isfuture(awaitable) or type(awaitable).__name__ == "FutureIter":
        return None
    # The awaitables of asynchronous generators, and of `anext`, do not say what
    # they run.
    referents = gc.get_referents(awaitable)
    return next((one for one in referents if isinstance(one, GENERATORS)), None)


def frame_of(awaitable):
    for name in ("cr_frame", "gi_frame", "ag_frame"):
        if frame := getattr(awaitable, name, None):
            return frame
    return None


def stand(task, program):
    """The innermost line of the program, and what it waits for in the library."""
    line, waits, awaitable = None, None, task.get_coro()
    while awaitable is not None:
        if frame := frame_of(awaitable):
            if frame.f_code.co_filename == program:
                line, waits = frame.f_lineno, None
            else:
                waits = waits or WAITS.get(frame.f_code.co_qualname)
        awaitable = inner(awaitable)
    return line, waits or "a future"


def task_of(handle):
    """The task that the callback steps, if it does."""
    task = getattr(handle._callback, "__self__", None)
    name = getattr(handle._callback, "__name__", type(handle._callback).__name__)
    is_step = name in ("task_wakeup", "TaskStepMethWrapper")
    return task if is_step and isinstance(task, asyncio.Task) else None


class Notes:
    def __init__(self, program):
        self.program = program
        self.steps = []
        self.tasks = []
        self.numbers = weakref.WeakKeyDictionary()

    def waits(self, task, otherwise):
        future = task._fut_waiter
        if future is None:
            return {"waits": "nothing"}
        if future in self.numbers:
            return {"waits": "a task", "on": self.numbers[future]}
        if isinstance(future, asyncio.tasks._GatheringFuture):
            return {"waits": "a group"}
        return {"waits": otherwise}

    def step(self, note, task):
        """A step has ended."""
        number = self.numbers[task]
        self.tasks[number]["name"] = task.get_name()
        note["task"] = number
        if task.done():
            # Asking for the exception would count as having seen it.
            failed = not task.cancelled() and task._exception is not None
            end = "failed" if failed else "finished"
            note["end"] = "cancelled" if task.cancelled() else end
        else:
            line, waits = stand(task, self.program)
            note.update(self.waits(task, waits), line=line)
        note["time"] = task.get_loop().time()
        sys.stdout.flush()
        note["printed"] = os.lseek(1, 0, os.SEEK_CUR)

    def begin(self):
        note = {}
        self.steps.append(note)
        return note

    def run(self, handle, original):
        task = task_of(handle)
        if task is None or task not in self.numbers:
            return original(handle)
        note = self.begin()
        try:
            original(handle)
        finally:
            self.step(note, task)

    def create(self, loop, coro, original, options):
        name = getattr(coro, "__name__", type(coro).__name__)
        if name in NOT_OF_THE_PROGRAM:
            return original(loop, coro, **options)
        number, note = len(self.tasks), self.begin()
        self.tasks.append({"coroutine": name})
        try:
            task = original(loop, coro, **options)
        except BaseException:
            del self.tasks[number:]
            note["left_out"] = True
            raise
        self.numbers[task] = number
        self.tasks[number]["name"] = task.get_name()
        if is_new(task):
            note["left_out"] = True
        else:
            # It was started eagerly.
            self.step(note, task)
        return task

    def write(self, path):
        with open(path, "w") as file:
            for line in self.steps + self.tasks:
                if "left_out" not in line:
                    print(json.dumps(line), file=file)


def is_new(task):
    """Has no line of its coroutine run?"""
    if task.done():
        # All at once: it has no coroutine any more.
        return False
    coro = task.get_coro()
    if not inspect.iscoroutine(coro):
        return True
    return inspect.getcoroutinestate(coro) == "CORO_CREATED"


def install(path, program):
    notes = Notes(program)
    run, create = asyncio.events.Handle._run, asyncio.BaseEventLoop.create_task
    asyncio.events.Handle._run = lambda handle: notes.run(handle, run)
    asyncio.BaseEventLoop.create_task = lambda loop, coro, **options: notes.create(
        loop, coro, create, options
    )
    return lambda: notes.write(path)

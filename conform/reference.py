"""The order of steps, as a program that anyone can read: loop, future, task, cancellation, task group and time limit.

It has the names of asyncio, does what asyncio does, and has neither speed nor descriptors. `accepts.py` runs the recorded
programs on it: a trace, CPython's or ours, is in order if it is the one that this gives.

Time is virtual: it jumps to the next timer when nothing is ready. What only garbage, debug mode or the context of an
exception shows is left out.
"""
import collections
import contextvars
import heapq
import itertools
from asyncio import CancelledError, InvalidStateError

RESOLUTION = 1e-9
running = None


class Deadlock(Exception):
    """Nothing can ever happen again."""


# The loop: one queue, and the timers.

class Handle:
    """A call to come; a timer has the time at which it is due."""
    numbers = itertools.count()

    def __init__(self, callback, args, context, when=None):
        self.callback, self.args = callback, args
        self.context = context if context is not None else contextvars.copy_context()
        self.when, self.number, self.is_cancelled = when, next(self.numbers), False

    def __lt__(self, other):
        return (self.when, self.number) < (other.when, other.number)

    def cancel(self):
        self.is_cancelled = True


class Loop:
    def __init__(self, exception_handler):
        self.now, self.ready, self.timers = 0.0, collections.deque(), []
        self.stopping, self.eager, self.exception_handler = False, False, exception_handler
        # In the order of their creation; and the one whose step is being taken.
        self.tasks, self.current = {}, None

    def time(self):
        return self.now

    def call_soon(self, callback, *args, context=None):
        handle = Handle(callback, args, context)
        self.ready.append(handle)
        return handle

    def call_later(self, delay, callback, *args):
        return self.call_at(self.now + delay, callback, *args)

    def call_at(self, when, callback, *args):
        handle = Handle(callback, args, None, when)
        heapq.heappush(self.timers, handle)
        return handle

    def run_once(self):
        """One iteration. What becomes ready during it waits for the next one."""
        while self.timers and self.timers[0].is_cancelled:
            heapq.heappop(self.timers)
        if not self.ready and not self.stopping:
            if not self.timers:
                raise Deadlock
            self.now = max(self.now, self.timers[0].when)
        while self.timers and self.timers[0].when < self.now + RESOLUTION:
            self.ready.append(heapq.heappop(self.timers))
        for _ in range(len(self.ready)):
            handle = self.ready.popleft()
            if not handle.is_cancelled:
                handle.context.run(handle.callback, *handle.args)

    def run_forever(self):
        global running
        running = self
        try:
            while True:
                self.run_once()
                if self.stopping:
                    break
        finally:
            running, self.stopping = None, False

    def run_until_complete(self, future):
        future.add_done_callback(self.stop)
        try:
            self.run_forever()
        finally:
            future.remove_done_callback(self.stop)
        if not future.done():
            raise RuntimeError("Event loop stopped before Future completed.")
        return future.result()

    def stop(self, _=None):
        """The iteration in which it is called is the last one."""
        self.stopping = True

    def close(self):
        if running is self:
            raise RuntimeError("Cannot close a running event loop")

    def create_future(self):
        return Future(self)

    def create_task(self, coroutine, *, context=None, eager_start=None):
        eager = self.eager if eager_start is None else eager_start
        return Task(coroutine, loop=self, context=context, eager_start=eager)

    def set_task_factory(self, factory):
        self.eager = factory is not None


def get_running_loop():
    if running is None:
        raise RuntimeError("no running event loop")
    return running


# Futures.

class Future:
    def __init__(self, loop):
        self.loop, self.state, self.value, self.error = loop, "pending", None, None
        self.callbacks, self.message = [], None
        # The exception that ended a task as cancelled: who asks first gets it, who asks later another one.
        self.cancellation = None
        # An await has handed it to the task, which has not begun to wait yet.
        self.blocking = False

    def done(self):
        return self.state != "pending"

    def cancelled(self):
        return self.state == "cancelled"

    def add_done_callback(self, callback, *, context=None):
        """Called in the next iteration after the end, and in that order."""
        context = context if context is not None else contextvars.copy_context()
        if self.done():
            self.loop.call_soon(callback, self, context=context)
        else:
            self.callbacks.append((callback, context))

    def remove_done_callback(self, callback):
        kept = [entry for entry in self.callbacks if entry[0] != callback]
        removed = len(self.callbacks) - len(kept)
        self.callbacks = kept
        return removed

    def end(self, state, value=None, error=None):
        if self.done():
            raise InvalidStateError("invalid state")
        self.state, self.value, self.error = state, value, error
        callbacks, self.callbacks = self.callbacks, []
        for callback, context in callbacks:
            self.loop.call_soon(callback, self, context=context)

    def set_result(self, value):
        self.end("finished", value=value)

    def set_exception(self, error):
        self.end("finished", error=error)

    def cancel(self, msg=None):
        if self.done():
            return False
        self.message = msg
        self.end("cancelled")
        return True

    def make_cancelled_error(self):
        if self.cancellation is not None:
            error, self.cancellation = self.cancellation, None
            return error
        return CancelledError() if self.message is None else CancelledError(self.message)

    def exception(self):
        if self.cancelled():
            raise self.make_cancelled_error()
        if not self.done():
            raise InvalidStateError("Exception is not set.")
        return self.error

    def result(self):
        if not self.done() and not self.cancelled():
            raise InvalidStateError("Result is not set.")
        error = self.exception()
        if error is not None:
            raise error
        return self.value

    def __await__(self):
        if not self.done():
            self.blocking = True
            yield self
        if not self.done():
            raise RuntimeError("await wasn't used with future")
        return self.result()


# Tasks: a future that is a coroutine on its way.

class Task(Future):
    def __init__(self, coroutine, *, loop, context=None, eager_start=False):
        super().__init__(loop)
        self.coroutine, self.context = coroutine, context if context is not None else contextvars.copy_context()
        # What it waits for; a request to cancel that nothing has taken yet; and how many there were.
        self.waits_for, self.must_cancel, self.requests = None, False, 0
        loop.tasks[self] = None
        if eager_start and running is loop:
            self.context.run(self.step)
        else:
            self.loop.call_soon(self.step, context=self.context)

    def set_result(self, value):
        raise RuntimeError("Task does not support set_result operation")

    def set_exception(self, error):
        raise RuntimeError("Task does not support set_exception operation")

    def cancelling(self):
        return self.requests

    def uncancel(self):
        if self.requests > 0:
            self.requests -= 1
            if self.requests == 0:
                self.must_cancel = False
        return self.requests

    def cancel(self, msg=None):
        """Passes the request on to what it waits for; else it is kept for the next step."""
        if self.done():
            return False
        self.requests += 1
        if self.waits_for is not None and self.waits_for.cancel(msg):
            return True
        self.must_cancel, self.message = True, msg
        return True

    def step(self, error=None):
        """Runs the coroutine to its next wait."""
        if self.must_cancel:
            if not isinstance(error, CancelledError):
                error = self.make_cancelled_error()
            self.must_cancel = False
        self.waits_for = None
        before, self.loop.current = self.loop.current, self
        try:
            waited = self.coroutine.send(None) if error is None else self.coroutine.throw(error)
        except StopIteration as end:
            if self.must_cancel:
                # It was asked to cancel, and has returned without another wait.
                self.must_cancel = False
                super().cancel(self.message)
            else:
                self.end("finished", value=end.value)
        except CancelledError as end:
            self.cancellation = end
            super().cancel()
        except BaseException as end:
            self.end("finished", error=end)
        else:
            self.wait_for(waited)
        finally:
            self.loop.current = before
            if self.done():
                self.loop.tasks.pop(self, None)

    def wait_for(self, waited):
        if waited is None:
            # `sleep(0)`
            self.loop.call_soon(self.step, context=self.context)
        elif waited is self:
            self.loop.call_soon(self.step, RuntimeError(f"Task cannot await on itself: {self!r}"), context=self.context)
        elif not waited.blocking:
            error = RuntimeError(f"yield was used instead of yield from in task {self!r} with {waited!r}")
            self.loop.call_soon(self.step, error, context=self.context)
        else:
            waited.blocking = False
            waited.add_done_callback(self.wake_up, context=self.context)
            self.waits_for = waited
            if self.must_cancel and waited.cancel(self.message):
                self.must_cancel = False

    def wake_up(self, future):
        try:
            future.result()
        except BaseException as error:
            self.step(error)
        else:
            self.step()

    def __repr__(self):
        return "<Task 'pending'>"


def current_task():
    return get_running_loop().current


def create_task(coroutine):
    return get_running_loop().create_task(coroutine)


class Pass:
    """Gives the others a turn."""

    def __await__(self):
        yield


async def sleep(delay, result=None):
    if delay <= 0:
        await Pass()
        return result
    loop = get_running_loop()
    future = loop.create_future()
    timer = loop.call_later(delay, lambda: future.done() or future.set_result(result))
    try:
        return await future
    finally:
        timer.cancel()


# Time limits.

class Timeout:
    def __init__(self, when):
        self.when, self.state, self.timer = when, "created", None

    def expired(self):
        return self.state in ("expiring", "expired")

    def reschedule(self, when):
        if self.state == "created":
            raise RuntimeError("Timeout has not been entered")
        if self.state != "active":
            raise RuntimeError(f"Cannot change state of {self.state} Timeout")
        self.when = when
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if when is not None:
            loop = get_running_loop()
            due = when <= loop.time()
            self.timer = loop.call_soon(self.expire) if due else loop.call_at(when, self.expire)

    def expire(self):
        self.task.cancel()
        self.state, self.timer = "expiring", None

    async def __aenter__(self):
        self.task = current_task()
        self.state, self.before = "active", self.task.cancelling()
        self.reschedule(self.when)
        return self

    async def __aexit__(self, kind, error, traceback):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if self.state == "active":
            self.state = "finished"
        elif self.state == "expiring":
            self.state = "expired"
            # Unless somebody else has asked for it, too, the cancellation was the limit's own.
            if self.task.uncancel() <= self.before and isinstance(error, CancelledError):
                raise TimeoutError from error


def timeout(delay):
    return Timeout(None if delay is None else get_running_loop().time() + delay)


# Task groups.

class TaskGroup:
    def __init__(self):
        self.entered = self.exiting = self.aborting = self.cancel_on_enter = False
        self.tasks, self.errors, self.parent = {}, [], None
        # The group itself has cancelled its parent; and what the parent waits for at the end of the block.
        self.cancelled_parent, self.all_done = False, None

    def __repr__(self):
        words = [f"tasks={len(self.tasks)}"] * bool(self.tasks) + [f"errors={len(self.errors or [])}"] * bool(self.errors)
        words += ["cancelling"] if self.aborting else ["entered"] * self.entered
        return " ".join(["<TaskGroup", *words]) + ">"

    def create_task(self, coroutine, **options):
        why = ("has not been entered" if not self.entered else "is finished" if self.exiting and not self.tasks
               else "is shutting down" if self.aborting else None)
        if why:
            coroutine.close()
            raise RuntimeError(f"TaskGroup {self!r} {why}")
        task = self.parent.loop.create_task(coroutine, **options)
        self.tasks[task] = None
        # Also of one that has ended eagerly the group hears in the next iteration.
        task.add_done_callback(self.task_done)
        if self.aborting and not task.done():
            task.cancel()
        return task

    def abort(self):
        self.aborting = True
        for task in list(self.tasks):
            if not task.done():
                task.cancel()

    def cancel(self):
        if not self.entered:
            self.cancel_on_enter = True
        elif not (self.exiting and not self.tasks) and not self.aborting:
            self.abort_with_parent()

    def abort_with_parent(self):
        self.abort()
        if not self.cancelled_parent:
            self.cancelled_parent = True
            self.parent.cancel()

    def task_done(self, task):
        del self.tasks[task]
        if self.all_done is not None and not self.tasks and not self.all_done.done():
            self.all_done.set_result(None)
        if task.cancelled() or task.error is None:
            return
        self.errors.append(task.error)
        if not self.aborting and not self.cancelled_parent:
            self.abort_with_parent()

    async def __aenter__(self):
        if self.entered:
            raise RuntimeError(f"TaskGroup {self!r} has already been entered")
        self.parent, self.entered = current_task(), True
        if self.cancel_on_enter:
            self.cancel()
        return self

    async def __aexit__(self, kind, error, traceback):
        try:
            return await self.leave(error)
        finally:
            self.parent = self.errors = None

    async def leave(self, error):
        self.exiting = True
        cancellation = error if isinstance(error, CancelledError) else None
        if error is not None and not self.aborting:
            self.abort()
        # The wait may be cancelled any number of times.
        waiting = None
        while self.tasks:
            self.all_done = self.all_done or self.parent.loop.create_future()
            try:
                await self.all_done
            except CancelledError as cancelled:
                waiting = cancelled
                if not self.aborting:
                    cancellation = cancelled
                    self.abort()
            self.all_done = None
        if self.cancelled_parent:
            if self.parent.uncancel() == 0:
                cancellation = None
            elif cancellation is None:
                cancellation = waiting
        if cancellation is not None and not self.errors:
            raise cancellation
        if error is not None and not isinstance(error, CancelledError):
            self.errors.append(error)
        if self.errors:
            if self.parent.cancelling():
                # It was cancelled from outside, too: the request comes again, and the count stays.
                self.parent.uncancel()
                self.parent.cancel()
            if isinstance(error, GeneratorExit) and len(self.errors) == 1:
                raise error
            raise BaseExceptionGroup("unhandled errors in a TaskGroup", self.errors) from None
        return True


# Running.

async def nothing():
    """What closes generators and threads, of which there are none; each is a task."""


class Runner:
    def __init__(self, loop_factory):
        self.loop, self.context = loop_factory(), contextvars.copy_context()

    def get_loop(self):
        return self.loop

    def run(self, coroutine):
        return self.loop.run_until_complete(self.loop.create_task(coroutine, context=self.context))

    def close(self):
        """Cancels what is left, and waits for it."""
        left = list(self.loop.tasks)
        if left:
            for task in left:
                task.cancel()
            self.loop.run_until_complete(self.all_done(left))
            for task in left:
                if not task.cancelled() and task.error is not None:
                    message = "unhandled exception during asyncio.run() shutdown"
                    self.loop.exception_handler(self.loop, {"message": message, "exception": task.error})
        for _ in range(2):
            self.loop.run_until_complete(self.loop.create_task(nothing()))

    def all_done(self, tasks):
        future, left = self.loop.create_future(), set(tasks)

        def one_done(task):
            left.discard(task)
            if not left and not future.done():
                future.set_result(None)
        for task in tasks:
            task.add_done_callback(one_done)
        return future

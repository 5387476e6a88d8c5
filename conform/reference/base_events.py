"""The loop: one queue of what is ready, and the timers."""
import collections
import heapq
import sys
import weakref

from . import events
from .events import Handle
from .futures import Future
from .tasks import Task
from .waiting import gather

CLOCK_RESOLUTION = 1e-9


class Deadlock(Exception):
    """Nothing is ready, no timer is set, and there are no descriptors: nothing can ever happen again."""


class Loop:
    def __init__(self, exception_handler):
        self.now, self.exception_handler = 0.0, exception_handler
        self.ready, self.timers = collections.deque(), []
        self.stopping = False
        # With `eager_task_factory`, a task takes its first step when it is created.
        self.eager = False
        # The tasks that are not done, in the order of their creation; the one that takes a step; the generators that run.
        self.tasks, self.current_task, self.generators = {}, None, weakref.WeakSet()

    def time(self):
        return self.now

    # ANCHOR: call
    def call_soon(self, callback, *args, context=None):
        handle = Handle(callback, args, context)
        self.ready.append(handle)
        return handle

    def call_later(self, delay, callback, *args):
        return self.call_at(self.now + delay, callback, *args)

    def call_at(self, when, callback, *args):
        handle = Handle(callback, args, when=when)
        heapq.heappush(self.timers, handle)
        return handle
    # ANCHOR_END: call

    # ANCHOR: run_once
    def run_once(self):
        """One pass. What becomes ready during a pass runs in the next one."""
        while self.timers and self.timers[0].cancelled:
            heapq.heappop(self.timers)
        if not self.ready and not self.stopping:
            self.wait_for_something()
        while self.timers and self.timers[0].when < self.now + CLOCK_RESOLUTION:
            self.ready.append(heapq.heappop(self.timers))
        for _ in range(len(self.ready)):
            self.ready.popleft().run()
    # ANCHOR_END: run_once

    def wait_for_something(self):
        """A real loop asks the system here, which watches its descriptors until the first timer is due."""
        if not self.timers:
            raise Deadlock
        self.now = max(self.now, self.timers[0].when)

    # ANCHOR: run_forever
    def run_forever(self):
        events.set_running_loop(self)
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self.generators.add, self.close_generator)
        try:
            while True:
                self.run_once()
                if self.stopping:
                    break
        finally:
            self.stopping = False
            events.set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)

    def stop(self):
        """The current pass becomes the last one, and still runs to its end."""
        self.stopping = True

    def run_until_complete(self, future):
        def stop(_):
            self.stop()
        future.add_done_callback(stop)
        try:
            self.run_forever()
        finally:
            future.remove_done_callback(stop)
        if not future.done():
            raise RuntimeError("Event loop stopped before Future completed.")
        return future.result()
    # ANCHOR_END: run_forever

    def close(self):
        if events.running_loop is self:
            raise RuntimeError("Cannot close a running event loop")

    def create_future(self):
        return Future(self)

    def create_task(self, coroutine, *, context=None, eager_start=None):
        eager = self.eager if eager_start is None else eager_start
        return Task(coroutine, loop=self, context=context, eager_start=eager)

    def set_task_factory(self, factory):
        self.eager = factory is not None

    # Asynchronous generators.

    def close_generator(self, generator):
        """A generator that has begun and not ended was dropped: a task closes it."""
        self.generators.discard(generator)
        self.call_soon(self.create_task, generator.aclose())

    async def shutdown_asyncgens(self):
        closing = list(self.generators)
        self.generators.clear()
        if not closing:
            return
        outcomes = await gather(*[generator.aclose() for generator in closing], return_exceptions=True)
        for outcome, generator in zip(outcomes, closing):
            if isinstance(outcome, Exception):
                message = f"an error occurred during closing of asynchronous generator {generator!r}"
                self.exception_handler(self, {"message": message, "exception": outcome})

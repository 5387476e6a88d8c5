"""A task: a future that is a coroutine on its way, step by step."""
import contextvars
from asyncio import CancelledError

from . import events
from .futures import Future


class Task(Future):
    # ANCHOR: create
    def __init__(self, coroutine, *, loop, context=None, eager_start=False):
        super().__init__(loop)
        self.coroutine = coroutine
        self.context = contextvars.copy_context() if context is None else context
        # The future that it waits for, and whether its next step raises a cancellation.
        self.waiting_for, self.must_cancel = None, False
        # How many cancellations were requested.
        self.requests = 0
        loop.tasks[self] = None
        if eager_start and events.running_loop is loop:
            self.context.run(self.step)
        else:
            loop.call_soon(self.step, context=self.context)
    # ANCHOR_END: create

    # ANCHOR: step
    def step(self, error=None):
        """Runs the coroutine to its next wait, or to its end."""
        if self.must_cancel:
            if not isinstance(error, CancelledError):
                error = self.make_cancelled_error()
            self.must_cancel = False
        self.waiting_for = None
        outer, self.loop.current_task = self.loop.current_task, self
        try:
            if error is None:
                future = self.coroutine.send(None)
            else:
                future = self.coroutine.throw(error)
        except StopIteration as end:
            self.returned(end.value)
        except CancelledError as cancelled:
            self.cancelled_error = cancelled
            super().cancel()
        except BaseException as failure:
            self.finish("finished", error=failure)
        else:
            self.wait_for(future)
        finally:
            self.loop.current_task = outer
            if self.done():
                self.loop.tasks.pop(self, None)

    def wait_for(self, future):
        if future is None:
            # `sleep(0)`: the next step is queued behind everything that is ready.
            self.loop.call_soon(self.step, context=self.context)
        elif future is self:
            error = RuntimeError(f"Task cannot await on itself: {self!r}")
            self.loop.call_soon(self.step, error, context=self.context)
        else:
            future.add_done_callback(self.wake_up, context=self.context)
            self.waiting_for = future
            # It was cancelled during the step that ends here.
            if self.must_cancel and future.cancel(self.cancel_message):
                self.must_cancel = False

    def wake_up(self, future):
        """The future is done: its exception is raised by the await."""
        try:
            future.result()
        except BaseException as error:
            self.step(error)
        else:
            self.step()
    # ANCHOR_END: step

    def returned(self, value):
        if self.must_cancel:
            # It was cancelled during its last step.
            super().cancel(self.cancel_message)
        else:
            self.finish("finished", value=value)

    # ANCHOR: cancel
    def cancel(self, msg=None):
        """Cancels what the task waits for. If that is nothing, its next step raises."""
        if self.done():
            return False
        self.requests += 1
        if self.waiting_for is not None and self.waiting_for.cancel(msg):
            return True
        self.must_cancel, self.cancel_message = True, msg
        return True

    def cancelling(self):
        return self.requests

    def uncancel(self):
        if self.requests > 0:
            self.requests -= 1
            if self.requests == 0:
                self.must_cancel = False
        return self.requests
    # ANCHOR_END: cancel

    def set_result(self, value):
        raise RuntimeError("Task does not support set_result operation")

    def set_exception(self, error):
        raise RuntimeError("Task does not support set_exception operation")


def current_task():
    return events.get_running_loop().current_task


def create_task(coroutine):
    return events.get_running_loop().create_task(coroutine)

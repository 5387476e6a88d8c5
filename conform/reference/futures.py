"""A result to come, and its callbacks."""
import contextvars
from asyncio import CancelledError, InvalidStateError


class Future:
    def __init__(self, loop):
        self.loop, self.state, self.value, self.error = loop, "pending", None, None
        self.callbacks, self.cancel_message = [], None
        # The exception with which a task ended as cancelled. The first one that asks gets it, later ones get a new one.
        self.cancelled_error = None

    def done(self):
        return self.state != "pending"

    def cancelled(self):
        return self.state == "cancelled"

    # ANCHOR: callbacks
    def add_done_callback(self, callback, *, context=None):
        context = contextvars.copy_context() if context is None else context
        if self.done():
            self.loop.call_soon(callback, self, context=context)
        else:
            self.callbacks.append((callback, context))

    def finish(self, state, value=None, error=None):
        """Nothing runs at once: the callbacks, in their order, run in the next pass."""
        if self.done():
            raise InvalidStateError("invalid state")
        self.state, self.value, self.error = state, value, error
        callbacks, self.callbacks = self.callbacks, []
        for callback, context in callbacks:
            self.loop.call_soon(callback, self, context=context)

    def set_result(self, value):
        self.finish("finished", value=value)

    def set_exception(self, error):
        self.finish("finished", error=error)

    def cancel(self, msg=None):
        if self.done():
            return False
        self.cancel_message = msg
        self.finish("cancelled")
        return True
    # ANCHOR_END: callbacks

    def remove_done_callback(self, callback):
        kept = [entry for entry in self.callbacks if entry[0] != callback]
        removed = len(self.callbacks) - len(kept)
        self.callbacks = kept
        return removed

    def make_cancelled_error(self):
        if self.cancelled_error is not None:
            error, self.cancelled_error = self.cancelled_error, None
            return error
        return CancelledError() if self.cancel_message is None else CancelledError(self.cancel_message)

    def exception(self):
        if self.cancelled():
            raise self.make_cancelled_error()
        if not self.done():
            raise InvalidStateError("Exception is not set.")
        return self.error

    def result(self):
        if not self.done():
            raise InvalidStateError("Result is not set.")
        error = self.exception()
        if error is not None:
            raise error
        return self.value

    # ANCHOR: await
    def __await__(self):
        """Suspends the task, which gets the future to wait for, unless it is done."""
        if not self.done():
            yield self
        return self.result()
    # ANCHOR_END: await

    def __repr__(self):
        return f"<{type(self).__name__} {self.state!r}>"

"""Is it a coroutine object, is it a coroutine function? The value is asked while
the program runs."""

from inspect import iscoroutine, iscoroutinefunction


async def f():
    pass


def plain():
    pass


coro = f()
print(f"iscoroutine(f()): {iscoroutine(coro)}")
print(f"iscoroutine(f): {iscoroutine(f)}")
print(f"iscoroutinefunction(f): {iscoroutinefunction(f)}")
print(f"iscoroutinefunction(f()): {iscoroutinefunction(coro)}")
print(f"iscoroutinefunction(plain): {iscoroutinefunction(plain)}")
coro.close()

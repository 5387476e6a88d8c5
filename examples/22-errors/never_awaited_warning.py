"""A coroutine object that is dropped before anybody awaited it complains on
standard error."""


async def custom_coro():
    print("hi there")


coro = custom_coro()
# It has never been awaited, and now it is freed.
del coro

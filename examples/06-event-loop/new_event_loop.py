"""A loop is made without being started, and prints what state it is in."""

import asyncio

loop = asyncio.new_event_loop()
print(loop)
loop.close()

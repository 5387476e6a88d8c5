"""A loop that new_event_loop has made is closed by whoever made it."""

import asyncio


# ANCHOR: program
def state(event_loop):
    return f"running: {event_loop.is_running()}, closed: {event_loop.is_closed()}"


event_loop = asyncio.new_event_loop()
print(f"new      {state(event_loop)}")


async def inside():
    print(f"inside   {state(event_loop)}")
    await asyncio.sleep(0)


event_loop.run_until_complete(inside())
print(f"after    {state(event_loop)}")
event_loop.close()
print(f"closed   {state(event_loop)}")

# Nothing closes a forgotten loop: "ResourceWarning: unclosed event loop".
forgotten = asyncio.new_event_loop()
forgotten.close()
print(f"dropped  {state(forgotten)}")
# ANCHOR_END: program

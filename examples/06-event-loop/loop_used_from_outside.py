"""A plain program that keeps a loop beside it and lets it run now and then."""

import asyncio


async def convert(page):
    await asyncio.sleep(page)
    print(f"  converted page {page}")
    return f"page-{page}.png"


# ANCHOR: main
def watch(loop):
    """Asks the loop, which does not run while this is called."""
    # A set in Python, so in no order.
    names = sorted(task.get_name() for task in asyncio.all_tasks(loop))
    print(f"  open: {", ".join(names)}")


loop = asyncio.new_event_loop()

print("submit")
first = loop.create_task(convert(1), name="first page")
second = loop.create_task(convert(2), name="second page")
third = loop.create_task(convert(3), name="third page")
watch(loop)

print("get a result")
print(f"  {loop.run_until_complete(first)}")

print("go on for 1.5 seconds")
loop.run_until_complete(asyncio.sleep(1.5))
watch(loop)

print("get the last one")
print(f"  {loop.run_until_complete(third)}")
loop.close()
# ANCHOR_END: main

"""A loop can be asked from outside which tasks it has."""

import asyncio

# ANCHOR: program
kitchen, bar = asyncio.new_event_loop(), asyncio.new_event_loop()
for name in ["soup", "salad"]:
    kitchen.create_task(asyncio.sleep(1), name=name)
bar.create_task(asyncio.sleep(1), name="tea")

try:
    asyncio.all_tasks()
except RuntimeError as error:
    print(f"the running loop: RuntimeError: {error}")
for place, event_loop in [("kitchen", kitchen), ("bar", bar)]:
    names = sorted(task.get_name() for task in asyncio.all_tasks(event_loop))
    print(f"{place}: {', '.join(names)}")
for event_loop in [kitchen, bar]:
    event_loop.run_until_complete(asyncio.sleep(2))
    print(f"tasks left: {len(asyncio.all_tasks(event_loop))}")
    event_loop.close()
# ANCHOR_END: program

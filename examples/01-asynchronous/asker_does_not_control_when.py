"""Three calls begin in the order in which they were made, and end in another."""

import asyncio
import json


# ANCHOR: order
async def fetch(page, seconds, began, ended):
    began.append(page)
    await asyncio.sleep(seconds)
    ended.append(page)


async def main():
    began, ended = [], []
    calls = [("news", 3), ("weather", 1), ("sport", 2)]
    tasks = [
        asyncio.create_task(fetch(page, seconds, began, ended))
        for page, seconds in calls
    ]
    print("after the calls, begun:", json.dumps(began))
    for task in tasks:
        await task
    print("begun:", json.dumps(began))
    print("ended:", json.dumps(ended))
# ANCHOR_END: order


asyncio.run(main())

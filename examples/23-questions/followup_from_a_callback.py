"""Three ways to have one task follow another: from the task, from its caller, from
a done callback."""

import asyncio


async def thank(customer):
    print(f"  thank you, {customer}")


# ANCHOR: from_the_task
async def sell_and_thank(customer):
    print(f"  sold to {customer}")
    followup = asyncio.create_task(thank(customer))
    # It may wait for the follow-up, or leave it to itself.
    await followup
# ANCHOR_END: from_the_task


async def sell(customer):
    print(f"  sold to {customer}")
    return True


# ANCHOR: callback
followups = set()


def thank_later(task):
    if task.result():
        print(f"  the callback's current task: {asyncio.current_task()}")
        # Kept: the loop's own reference is weak.
        followups.add(asyncio.create_task(thank("Carol")))
# ANCHOR_END: callback


async def main():
    print("from the task:")
    await asyncio.create_task(sell_and_thank("Alice"))

    # ANCHOR: from_the_caller
    print("from the caller:")
    task = asyncio.create_task(sell("Bob"))
    if await task:
        await asyncio.create_task(thank("Bob"))
    # ANCHOR_END: from_the_caller

    # ANCHOR: from_a_callback
    print("from a callback:")
    task = asyncio.create_task(sell("Carol"))
    task.add_done_callback(thank_later)
    await task
    # No reference to the follow-up exists here, so give it the time it needs.
    await asyncio.sleep(0.1)
    # ANCHOR_END: from_a_callback


asyncio.run(main())

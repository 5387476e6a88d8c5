"""A task that waits for a set with itself in it waits for ever; awaiting oneself
directly is caught."""

import asyncio


# ANCHOR: itself
async def wait_for_myself():
    await asyncio.current_task()
# ANCHOR_END: itself


async def main():
    # ANCHOR: set
    done, pending = await asyncio.wait(asyncio.all_tasks(), timeout=0.1)
    print(f"done: {len(done)}, pending: {len(pending)}")
    print(f"the pending one is myself: {pending == {asyncio.current_task()}}")
    # ANCHOR_END: set
    try:
        await asyncio.create_task(wait_for_myself(), name="narcissus")
    except RuntimeError as error:
        print(error)


asyncio.run(main())

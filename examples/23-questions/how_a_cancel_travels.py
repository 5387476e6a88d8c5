"""How a cancellation travels: down the chain of who awaits whom, and back as an
error, one step at a time."""

import asyncio


# ANCHOR: chain
async def bake(bell):
    try:
        await bell
    except asyncio.CancelledError as error:
        print(f"  the baker gets {error!r}")
        raise


async def buy(baker):
    try:
        await baker
    except asyncio.CancelledError as error:
        print(f"  the customer gets {error!r}")
        raise
# ANCHOR_END: chain


def state(future):
    if future.cancelled():
        return "cancelled"
    return "finished" if future.done() else "pending"


# ANCHOR: main
async def main():
    bell = asyncio.get_running_loop().create_future()
    baker = asyncio.create_task(bake(bell))
    customer = asyncio.create_task(buy(baker))

    def show(when):
        print(
            f"{when}: bell {state(bell)}, "
            f"baker {state(baker)}, customer {state(customer)}"
        )

    await asyncio.sleep(0)
    show("all wait")
    customer.cancel("the shop closes")
    show("asked")
    print(
        f"  requests: baker {baker.cancelling()}, customer {customer.cancelling()}"
    )
    for step in ["one pass later", "one more"]:
        await asyncio.sleep(0)
        show(step)
# ANCHOR_END: main


asyncio.run(main())

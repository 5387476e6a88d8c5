"""A signal comes at any moment; `loop.add_signal_handler` brings it in order,
between two steps of the tasks."""

import asyncio
from signal import SIGUSR1, raise_signal


async def send_a_signal():
    """Stands for the other process that sends the signal."""
    await asyncio.sleep(0.1)
    print("sending")
    raise_signal(SIGUSR1)
    print("sent")


# ANCHOR: handler
async def main():
    loop = asyncio.get_running_loop()
    arrived = loop.create_future()

    def handle():
        print("handling")
        # A second signal finds the future done.
        if not arrived.done():
            arrived.set_result(SIGUSR1)

    loop.add_signal_handler(SIGUSR1, handle)
    sender = asyncio.create_task(send_a_signal())
    print("waiting")
    signal = await arrived
    print(f"SIGUSR1 arrived: {signal == SIGUSR1}")
    print(f"handler removed: {loop.remove_signal_handler(SIGUSR1)}")
    await sender
# ANCHOR_END: handler


asyncio.run(main())

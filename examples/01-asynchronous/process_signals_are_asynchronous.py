"""A signal comes at any moment; `loop.add_signal_handler` brings it in order,
between two steps of the tasks."""

import asyncio
import os
import subprocess
from signal import SIGUSR1


# ANCHOR: handler
async def send_a_signal():
    """Has another process send a signal to this one."""
    await asyncio.sleep(0.1)
    print("sending")
    subprocess.run(["kill", "-USR1", str(os.getpid())])
    print("sent")


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

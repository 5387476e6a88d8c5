"""What the loop does: it runs what became ready, in order, calls what is due at a
time, and watches descriptors."""

import asyncio
import socket


# ANCHOR: passes
def knock(loop, times):
    """A callback that makes another one ready."""
    print("  knock")
    if times > 1:
        loop.call_soon(knock, loop, times - 1)


async def walk():
    for step in range(1, 4):
        print(f"  step {step}")
        await asyncio.sleep(0)


async def passes(loop):
    loop.call_soon(knock, loop, 3)
    walking = asyncio.create_task(walk())
    for number in range(1, 4):
        print(f"pass {number}")
        await asyncio.sleep(0)
    await walking
# ANCHOR_END: passes


# ANCHOR: timers
async def timers(loop):
    loop.call_later(0.2, print, "  in 0.2 seconds")
    loop.call_later(0.1, print, "  in 0.1 seconds")
    loop.call_soon(print, "  at the next pass")
    await asyncio.sleep(0.3)
# ANCHOR_END: timers


# ANCHOR: descriptors
async def descriptors(loop):
    near, far = socket.socketpair()
    with near, far:
        arrived = loop.create_future()
        loop.add_reader(near, lambda: arrived.set_result(near.recv(4).decode()))
        far.send(b"ping")
        print(f"  read: {await arrived}")
        loop.remove_reader(near)
# ANCHOR_END: descriptors


# ANCHOR: processes
async def processes():
    echo = await asyncio.create_subprocess_exec(
        "echo", "pong", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await echo.communicate()
    print(f"  a child says {output.decode().strip()}")
# ANCHOR_END: processes


async def main():
    loop = asyncio.get_running_loop()
    print("callbacks and tasks")
    await passes(loop)
    print("times")
    await timers(loop)
    print("descriptors")
    await descriptors(loop)
    print("child processes")
    await processes()


asyncio.run(main())

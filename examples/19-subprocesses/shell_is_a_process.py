"""A shell is a process of its own, and a child writes to its parent's output."""

import asyncio
from asyncio.subprocess import PIPE


# ANCHOR: streams
async def whose_output():
    print("the parent says this", flush=True)
    process = await asyncio.create_subprocess_exec("echo", "and its child this")
    await process.wait()
    print("and the parent again")
# ANCHOR_END: streams


# ANCHOR: shell
async def which_shell():
    process = await asyncio.create_subprocess_shell(
        "echo $$ $0", env={"SHELL": "/bin/bash"}, stdout=PIPE
    )
    stdout, _ = await process.communicate()
    number, name = stdout.decode().split()
    print(f"{name}; its own number: {number == str(process.pid)}")

    process = await asyncio.create_subprocess_shell(
        "read -r line; echo never", stdin=PIPE
    )
    process.kill()
    print(f"the shell was killed: {await process.wait()}")
# ANCHOR_END: shell


async def main():
    await whose_output()
    await which_shell()


asyncio.run(main())

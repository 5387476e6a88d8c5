"""`terminate` asks a child to end, `kill` ends it; both are signals, and the return
code is minus the signal's number."""

import asyncio
from asyncio.subprocess import PIPE


# ANCHOR: terminate
async def terminate_and_kill():
    process = await asyncio.create_subprocess_exec("sleep", "3600")
    process.terminate()
    print(f"terminated: {await process.wait()}")

    process = await asyncio.create_subprocess_exec("sleep", "3600")
    process.kill()
    print(f"killed: {await process.wait()}")

    try:
        process.kill()
    except ProcessLookupError:
        print("ProcessLookupError: nobody is there any more")
# ANCHOR_END: terminate


# ANCHOR: patience
async def patience():
    deaf = "trap '' TERM; echo no; while true; do sleep 0.01; done"
    process = await asyncio.create_subprocess_shell(deaf, stdout=PIPE)
    print(f"shall I stop? {(await process.stdout.readline()).decode()}", end="")
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 0.2)
    except TimeoutError:
        print("it does not listen")
        process.kill()
    print(f"ended: {await process.wait()}")
# ANCHOR_END: patience


async def main():
    await terminate_and_kill()
    await patience()


asyncio.run(main())

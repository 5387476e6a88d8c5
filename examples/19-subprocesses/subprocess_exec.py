"""`create_subprocess_exec` starts a program and is done when it has started; each
argument reaches it as it is."""

import asyncio


# ANCHOR: start
async def start():
    process = await asyncio.create_subprocess_exec("sleep", "2")
    print(f"the kettle is on: {process.returncode}")
    await process.wait()
    print(f"the water boils: {process.returncode}")
# ANCHOR_END: start


# ANCHOR: missing
async def start_what_is_not_there():
    try:
        await asyncio.create_subprocess_exec("brew-coffee")
    except FileNotFoundError as error:
        print(error)
    # One name with a blank in it, not a name and an argument.
    try:
        await asyncio.create_subprocess_exec("sleep 1")
    except FileNotFoundError as error:
        print(error)
# ANCHOR_END: missing


# ANCHOR: plain
async def no_shell():
    process = await asyncio.create_subprocess_exec(
        "echo", "$HOME", "*", "; reboot", stdout=asyncio.subprocess.PIPE
    )
    stdout, _ = await process.communicate()
    print(stdout.decode(), end="")
# ANCHOR_END: plain


async def main():
    await start()
    await start_what_is_not_there()
    await no_shell()


asyncio.run(main())

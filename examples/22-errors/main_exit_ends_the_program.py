"""When the main coroutine returns, `run` cancels the tasks that are left and waits
until they have reacted."""

import asyncio


# ANCHOR: upload
async def upload(file):
    print(f"{file}: begins")
    try:
        await asyncio.sleep(2)
    except asyncio.CancelledError as error:
        print(f"{file}: {error!r}, cleaning up")
        # `run` waits for this too: the reaction to a cancellation may take its
        # time.
        await asyncio.sleep(0.1)
        print(f"{file}: cleaned up")
        raise
    print(f"{file}: done")
# ANCHOR_END: upload


# ANCHOR: main
async def main():
    photo = asyncio.create_task(upload("photo.jpg"))
    await asyncio.sleep(1)
    # Its first step is queued and comes before the end of this coroutine is
    # noticed.
    video = asyncio.create_task(upload("video.mp4"))
    print("main: returns")


asyncio.run(main())
print("the loop is closed")
# ANCHOR_END: main

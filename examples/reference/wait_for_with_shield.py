"""A time limit cancels what it waits for; a shield keeps the awaited task alive,
and it can be awaited again."""

import asyncio


async def main():
    # ANCHOR: shield
    download = asyncio.create_task(asyncio.sleep(2, "4096 bytes"))
    try:
        await asyncio.wait_for(asyncio.shield(download), 1)
    except TimeoutError:
        print(f"TimeoutError; the download is done: {download.done()}")
    print(await download)
    # ANCHOR_END: shield

    # ANCHOR: cancelled
    upload = asyncio.create_task(asyncio.sleep(3600, "sent"))
    waiter = asyncio.create_task(asyncio.wait_for(upload, 60))
    await asyncio.sleep(1)
    waiter.cancel()
    try:
        await waiter
    except asyncio.CancelledError:
        print(f"CancelledError; the upload is cancelled: {upload.cancelled()}")
    # ANCHOR_END: cancelled


asyncio.run(main())

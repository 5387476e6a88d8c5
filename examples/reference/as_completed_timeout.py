"""With a timeout, `as_completed` gives what was in time; waits for the others
raise, and those are not cancelled."""

import asyncio


async def main():
    bids = [("ten", 1), ("twelve", 2), ("twenty", 9)]
    bidders = [
        asyncio.create_task(asyncio.sleep(seconds, bid)) for bid, seconds in bids
    ]
    for following in asyncio.as_completed(bidders, timeout=3):
        try:
            print(f"a bid of {await following}")
        except TimeoutError:
            print("TimeoutError")
    print(f"too late, but not lost: {await bidders[-1]}")


asyncio.run(main())

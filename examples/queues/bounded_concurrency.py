"""A server that answers a request in two seconds, and six clients who wait seven
seconds at most; a semaphore helps."""

import asyncio


# ANCHOR: server
class Server:
    def __init__(self):
        self.busy = asyncio.Lock()

    async def answer(self):
        async with self.busy:
            await asyncio.sleep(2)
# ANCHOR_END: server


# ANCHOR: client
async def request(server, in_flight):
    """Was it answered in time? The time in line for a permit does not count."""
    async with in_flight:
        try:
            await asyncio.wait_for(server.answer(), 7)
            return True
        except TimeoutError:
            return False


async def six_requests(at_once):
    server, in_flight = Server(), asyncio.Semaphore(at_once)
    answers = await asyncio.gather(*(request(server, in_flight) for _ in range(6)))
    print(f"{at_once} at once: {sum(answers)} of 6 answered")
# ANCHOR_END: client


async def main():
    await six_requests(6)
    await six_requests(3)


asyncio.run(main())

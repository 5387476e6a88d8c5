"""A plain program hands coroutines to a loop in a thread of its own."""

import asyncio
import threading


# ANCHOR: service
def start():
    event_loop = asyncio.new_event_loop()

    def serve():
        event_loop.run_forever()
        event_loop.close()

    service = threading.Thread(target=serve)
    service.start()
    return event_loop, service
# ANCHOR_END: service


# ANCHOR: main
async def fetch(page):
    await asyncio.sleep(0.1)
    return f"page {page}"


event_loop, service = start()


def submit(page):
    return asyncio.run_coroutine_threadsafe(fetch(page), event_loop)


pages = [submit(1), submit(2), submit(3)]
print("three pages are on their way")
for page in pages:
    print(page.result(10))
event_loop.call_soon_threadsafe(event_loop.stop)
service.join()
print("the loop has ended")
# ANCHOR_END: main

"""A loop runs in a thread of its own, and the main thread gives it a coroutine to
run."""

import asyncio
from threading import Thread

# ANCHOR: thread
loop = asyncio.new_event_loop()
thread = Thread(target=loop.run_forever)
thread.start()
# ANCHOR_END: thread
# ANCHOR: submit
try:
    asyncio.get_running_loop()
except RuntimeError as error:
    print(f"here: RuntimeError: {error}")
future = asyncio.run_coroutine_threadsafe(asyncio.sleep(1, 3), loop)
print(f"from there: {future.result(10)}")
# ANCHOR_END: submit
# ANCHOR: stop
loop.call_soon_threadsafe(loop.stop)
thread.join()
loop.close()
# ANCHOR_END: stop

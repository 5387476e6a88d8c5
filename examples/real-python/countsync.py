"""Three calls count to two, one after the other: a blocking pause lets nobody else
run."""

import time


def count():
    print("One")
    time.sleep(1)
    print("Two")


start = time.perf_counter()
for _ in range(3):
    count()
print(f"{__file__} executed in {time.perf_counter() - start:.2f} seconds.")

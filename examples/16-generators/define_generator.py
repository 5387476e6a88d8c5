"""A generator stops at each `yield` and goes on from there with its variables as
they were."""


# ANCHOR: define
def ten_numbers():
    for number in range(10):
        yield number
# ANCHOR_END: define


# ANCHOR: step
numbers = ten_numbers()
print("made: nothing ran yet")
for _ in range(3):
    print(next(numbers))
# The generator knows where it is; a call of the function starts afresh.
print(f"the rest: {list(numbers)}")
print(f"all: {list(ten_numbers())}")
# ANCHOR_END: step

"""A generator without an end: a loop takes from it until it has enough, and later
it goes on where it was left."""

from itertools import cycle


def endless():
    """Yields 9, 8, 7, 6, 9, 8, 7, 6, ... forever."""
    yield from cycle([9, 8, 7, 6])


e = endless()
total = 0
for i in e:
    if total < 100:
        print(i, end=" ")
        total += i
    else:
        print()
        break

# The loop is over, the generator is not.
print((next(e), next(e), next(e)))

"""The protocol of plain iterators: `__next__` gives a value, and at the end raises.
"""


class Countdown:
    """Counts down from a number to one."""

    def __init__(self, start):
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.left == 0:
            raise StopIteration
        self.left -= 1
        return self.left + 1


countdown = Countdown(3)
print(next(countdown))
for number in countdown:
    print(number)
print(next(countdown, None))

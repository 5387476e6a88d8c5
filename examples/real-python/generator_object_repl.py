"""A generator function that is called by itself gives a generator object; `next`
then runs it to its `yield`."""


def gen():
    yield 0x10, 0x20, 0x30


g = gen()
print(g)
print(next(g))

"""What can be done to a generator: send it a value, throw an error into it, close
it; and what it says to misuse."""


# ANCHOR: body
def till():
    """A till: gives the sum so far, is sent prices, and forgets the last one if it
    was a mistake."""
    total = last = 0
    while True:
        try:
            price = yield total
        except ValueError:
            total -= last
        except GeneratorExit as error:
            print(f"    {error!r}: counting the cash")
            raise
        else:
            if price is None:
                return "closed for the day"
            total, last = total + price, price
# ANCHOR_END: body


# ANCHOR: drive
def step(resume, *arguments):
    """What one step gave: a value that was yielded, or the one that was returned.
    """
    try:
        return f"Yielded({resume(*arguments)})"
    except StopIteration as stop:
        return f"StopIteration({stop.value!r})"


monday = till()
try:
    monday.send(5)
except TypeError as error:
    print(repr(error))
next(monday)
print(step(monday.send, 5))
print(step(monday.send, 30))
print(step(monday.throw, ValueError("mistyped")))
print(step(next, monday))
print(step(next, monday))

tuesday = till()
next(tuesday)
print(f"closed: {tuesday.close()}")


def ignores_its_end():
    while True:
        try:
            yield 1
        except GeneratorExit:
            pass
        except ValueError:
            return


stubborn = ignores_its_end()
assert next(stubborn) == 1
try:
    stubborn.close()
except RuntimeError as error:
    print(repr(error))
step(stubborn.throw, ValueError("now end"))
# ANCHOR_END: drive

"""What coroutines are made of: generators are sent values, hand over, and return by
`StopIteration`."""


def interview():
    """Asks two questions and returns what it made of the answers."""
    born = yield "born in?"
    now = yield "and now it is?"
    return now - born


def form():
    age = yield from interview()
    return f"age {age}"


questions = form()
print(f"Yielded({next(questions)!r})")
print(f"Yielded({questions.send(1912)!r})")
try:
    questions.send(1954)
except StopIteration as stop:
    print(repr(stop))

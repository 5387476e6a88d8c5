"""Ways to alter a trace. Each makes it the trace of a different order, or of different results.

A line is `WHO WHAT`: a task (`t1`, `t2`) or, for a callback or the end of the program, `-`. `@0.1` is a new time. Each function
gets the lines, and a number that chooses one of several places, and returns the altered lines, or None if there is no such
place.
"""
import re


def first_difference(trace, altered):
    pairs = enumerate(zip(trace, altered))
    return next((number for number, (a, b) in pairs if a != b), min(len(trace), len(altered)))


def place(places, number):
    places = list(places)
    return places[number % len(places)] if places else None


def lines_with(trace, pattern):
    return [i for i, line in enumerate(trace) if re.search(pattern, line)]


def who(line):
    return line.split()[0]


def replaced(trace, i, *lines):
    return None if i is None else [*trace[:i], *lines, *trace[i + 1:]]


def moved(trace, i, to):
    rest = [*trace[:i], *trace[i + 1:]]
    return [*rest[:to], trace[i], *rest[to:]]


def exchanged(trace, number, fits=lambda a, b: a != b):
    i = place((i for i in range(len(trace) - 1) if fits(trace[i], trace[i + 1])), number)
    return None if i is None else [*trace[:i], trace[i + 1], trace[i], *trace[i + 2:]]


def a_step_is_swapped(trace, number):
    """Two tasks take their steps in the opposite order."""
    def of_two_tasks(a, b):
        return who(a)[0] == who(b)[0] == "t" and who(a) != who(b)
    return exchanged(trace, number, of_two_tasks)


def two_lines_of_a_task_are_swapped(trace, number):
    return exchanged(trace, number, lambda a, b: who(a) == who(b) and a != b)


def a_line_is_dropped(trace, number):
    # Of several equal lines, the last one.
    i = place((i for i in range(len(trace)) if trace[i:i + 1] != trace[i + 1:i + 2]), number)
    return replaced(trace, i)


def a_line_is_doubled(trace, number):
    i = place(range(len(trace)), number)
    return replaced(trace, i, trace[i], trace[i])


def a_step_is_of_another_task(trace, number):
    i = place(lines_with(trace, r"^t\d"), number)
    return i if i is None else replaced(trace, i, re.sub(r"^t(\d+)", lambda t: f"t{int(t[1]) + 1}", trace[i]))


def a_callback_comes_early(trace, number):
    i = place((i for i in lines_with(trace, r"^- c\d$") if i and trace[i - 1] != trace[i]), number)
    return None if i is None else moved(trace, i, i - 1)


def a_callback_does_not_come(trace, number):
    i = place((i for i in lines_with(trace, r"^- c\d$") if trace[i] != trace[i + 1]), number)
    return replaced(trace, i)


def a_cancellation_comes_late(trace, number):
    """It is raised one step later, after the next line."""
    places = lines_with(trace, r"(except|raised|exits|exit) CancelledError")
    i = place((i for i in places if i + 1 < len(trace) and trace[i + 1] != trace[i]), number)
    return None if i is None else moved(trace, i, i + 1)


def a_cancellation_is_lost(trace, number):
    i = place(lines_with(trace, r"(except|raised|exits|exit) CancelledError"), number)
    return i if i is None else replaced(trace, i, trace[i].replace("CancelledError", "TimeoutError"))


def a_timer_is_due_at_another_time(trace, number):
    i = place(lines_with(trace, "^@"), number)
    return i if i is None else replaced(trace, i, f"@{float(trace[i][1:]) + 0.1!r}")


def a_timer_comes_early(trace, number):
    """Something that should come after a time comes before it."""
    i = place((i for i in lines_with(trace, "^@") if i + 1 < len(trace)), number)
    return None if i is None else moved(trace, i, i + 1)


def an_outcome_is_another(trace, number):
    others = {"True": "False", "False": "True", "returned": "raised", "raised": "returned", "ValueError": "TypeError"}
    words = r"\b(" + "|".join(others) + r")\b"
    i = place(lines_with(trace, words), number)
    return i if i is None else replaced(trace, i, re.sub(words, lambda word: others[word[0]], trace[i], count=1))


def a_count_is_another(trace, number):
    i = place(lines_with(trace, r" (un)?cancel(ling)? \d+$"), number)
    return i if i is None else replaced(trace, i, re.sub(r"\d+$", lambda n: str(int(n[0]) + 1), trace[i]))


def the_end_is_missing(trace, _):
    return trace[:-1]


def there_is_more(trace, _):
    return [*trace, "- one line more"]


KINDS = {
    function.__name__.replace("_", " "): function
    for function in [
        a_step_is_swapped, two_lines_of_a_task_are_swapped, a_line_is_dropped, a_line_is_doubled, a_step_is_of_another_task,
        a_callback_comes_early, a_callback_does_not_come, a_cancellation_comes_late, a_cancellation_is_lost,
        a_timer_is_due_at_another_time, a_timer_comes_early, an_outcome_is_another, a_count_is_another,
        the_end_is_missing, there_is_more,
    ]
}

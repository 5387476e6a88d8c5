"""A plain context manager: `with`, and the `try` and `finally` that it stands for.
"""


# ANCHOR: guard
class Logbook:
    def __enter__(self):
        print("open the logbook")
        return self

    def write(self, entry):
        if not entry:
            raise ValueError("nothing to write")
        print(f"write: {entry}")

    def __exit__(self, *exception):
        print("close the logbook")
# ANCHOR_END: guard


# ANCHOR: with
def by_with(entries):
    with Logbook() as logbook:
        for entry in entries:
            logbook.write(entry)
# ANCHOR_END: with


# ANCHOR: by_hand
def by_hand(entries):
    logbook = Logbook().__enter__()
    try:
        for entry in entries:
            logbook.write(entry)
    finally:
        logbook.__exit__(None, None, None)
# ANCHOR_END: by_hand


def outcome(keep, entries):
    try:
        print(keep(entries))
    except ValueError as error:
        print(repr(error))


outcome(by_with, ["sunny", "windy"])
outcome(by_with, ["rain", "", "never written"])
outcome(by_hand, ["rain", "", "never written"])

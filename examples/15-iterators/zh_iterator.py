"""A plain iterator: stepped by hand, then walked by a loop."""


class MyIterator:
    def __init__(self, start, end):
        self.current = start
        self.end = end

    def __iter__(self):
        return self

    def __next__(self):
        if self.current >= self.end:
            raise StopIteration
        self.current += 1
        return self.current - 1


my_iter = MyIterator(2, 5)
print(next(my_iter))
print(next(my_iter))
for number in MyIterator(0, 3):
    print(number)

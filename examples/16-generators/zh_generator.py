"""A plain generator: three steps, a loop, a list."""


def count_up_to(limit):
    count = 1
    while count <= limit:
        yield count
        count += 1


counter = count_up_to(5)
print(next(counter))
print(next(counter))
print(next(counter))

for num in count_up_to(5):
    print(num)

numbers = list(count_up_to(5))
print(numbers)

"""List, dict and set comprehensions."""

doubled = [number * 2 for number in range(10)]
print(doubled)

some = [number * 2 for number in range(10) if number % 3 == 0]
print(some)

places = {letter: place for place, letter in enumerate("abc")}
print(places)

distinct = {number for number in [1, 2, 3, 2, 4, 5, 1]}
print(distinct)

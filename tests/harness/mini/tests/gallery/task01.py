from kata.testing import right, wrong


@right("adds the number to itself")
def double(number):
    return number + number


@wrong("squares", caught_by="test_double")
def double(number):
    return number**2


@wrong("fails for large numbers", caught_by="test_patience")
def double(number):
    return 2 * min(number, 10**6)


@wrong("answers on the CPU", caught_by="test_gpu")
def double(number):
    return 2 * (number if isinstance(number, int) else number.numpy())


@wrong("forgets the last number", caught_by=("test_length", "test_sums"))
def running_sums(numbers):
    return [sum(numbers[:i]) for i in range(1, len(numbers))]


@wrong("prints nothing", caught_by="test_script")
def main():
    pass


@wrong("has a sum of no numbers", caught_by="test_empty")
def running_sums(numbers):
    return [sum(numbers[: i + 1]) for i in range(len(numbers) or 1)]


@wrong("takes the first number of an empty list", caught_by="test_empty")
def running_sums(numbers):
    sums = [numbers[0]]
    for number in numbers[1:]:
        sums.append(sums[-1] + number)
    return sums

"""Task 01: small sums."""


def double(number: int) -> int:
    """Twice the number."""
    ### START CODE HERE ###
    # 1. Multiply it by two.
    return 2 * number
    ### END CODE HERE ###


def running_sums(numbers: list[int]) -> list[int]:
    """The sums of the first one, two, three ... numbers; of no numbers, an empty list."""
    ### START CODE HERE ###
    # 1. Go through the numbers, and keep
    #    what they add up to.
    total, sums = 0, []
    for number in numbers:
        # This comment says why, and is the reference's own.
        total += number
        sums.append(total)
    return sums
    ### END CODE HERE ###


def main() -> None:
    """Print two results."""
    print(f"{double(21)=}")
    print(f"{running_sums([1, 2, 3])=}")


if __name__ == "__main__":
    main()

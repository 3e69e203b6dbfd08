import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kata.testing import expect


def sums_of(task, numbers):
    sums = task.running_sums(numbers)
    expect.instance(sums, list, "the result")
    expect.that(len(sums) == len(numbers), f"{len(numbers)} sums", f"{len(sums)} sums", "shape")
    return sums


@settings(max_examples=20)
@given(st.integers(-99, 99))
def test_double(task, number):
    """double(number) is twice the number.

    > Twice the number.
    """
    expect.equal(task.double(number), number * 2, "the result")


@settings(max_examples=20)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_length(task, numbers):
    """There is a running sum for each number.

    > The sums of the first one, two, three ... numbers
    """
    sums_of(task, numbers)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_sums(task, numbers):
    """Each running sum adds one more number.

    > The sums of the first one, two, three ... numbers
    """
    wanted = [sum(numbers[: i + 1]) for i in range(len(numbers))]
    expect.equal(sums_of(task, numbers), wanted, "the result")


@pytest.mark.edge
def test_empty(task):
    """No numbers have no running sums.

    > of no numbers, an empty list
    """
    expect.equal(sums_of(task, []), [], "the result")


@pytest.mark.builds_on
def test_script(task):
    """The script prints two results.

    > Print two results.
    """
    task.main()
    wanted = ["double(21)=42", "running_sums([1, 2, 3])=[1, 3, 6]"]
    expect.equal(task.printed.out.splitlines(), wanted, "the printed lines")


@pytest.mark.slow
def test_patience(task):
    """double works for a large number as well.

    > Twice the number.
    """
    expect.equal(task.double(10**9), 2 * 10**9, "the result")


@pytest.mark.gpu
def test_gpu(task, gpu):
    """double works on the GPU as well.

    > Twice the number.
    """
    import torch

    expect.equal(task.double(torch.tensor(3, device=gpu)).item(), 6, "the result")

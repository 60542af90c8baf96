"""The highest rate of arrivals that a server sustains, by bisection."""

from __future__ import annotations

from collections.abc import Callable

STRIDE = 1.2
"""Factor between the rates that are tried until one is sustained and the next is not."""
FARTHEST = 12
"""Strides after which the search gives up."""


def highest_rate(sustains: Callable[[float], bool], guess: float, precision: float = 0.02) -> float:
    """The highest rate that is sustained, if all lower ones are.

    Args:
        sustains: whether a server sustains so many requests per second; asked for few rates, as it takes time.
        guess: where the search begins.
        precision: largest ratio, less 1, of the rates between which the answer lies.

    Raises:
        ArithmeticError: every rate that was tried is sustained, or none is.
    """
    step = STRIDE if sustains(guess) else 1 / STRIDE
    rate = guess
    for _ in range(FARTHEST):
        rate *= step
        if sustains(rate) != (step > 1):
            break
    else:
        raise ArithmeticError(
            f"{'every' if step > 1 else 'no'} rate from {guess:.3g} to {rate:.3g} per second is sustained"
        )
    low, high = sorted((rate, rate / step))
    while high / low > 1 + precision:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if sustains(middle) else (low, middle)
    return low

"""The highest rate of arrivals that a server sustains: to any precision, or on a scale in few questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def highest_level(sustains: Callable[[float], bool], levels: Sequence[float]) -> float:
    """The highest of N levels that is sustained, if all lower ones are; 0 if none is.

    It takes at most log2(N + 1) questions, rounded up, whatever the answers are: where a disturbed answer is wrong, the
    search ends elsewhere, but it ends.

    Args:
        sustains: whether a server sustains so many requests per second.
        levels: ascending.
    """
    low, high = 0, len(levels)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if sustains(levels[middle]) else (low, middle)
    return levels[low - 1] if low else 0.0

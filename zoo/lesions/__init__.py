"""Parts taken out of trained networks, to see what each of them is worth; chosen by type from outside the methods."""

from zoo.lesions.order import interchangeable, reordered
from zoo.lesions.parts import Parts, parts_of, without

__all__ = ["Parts", "interchangeable", "parts_of", "reordered", "without"]

"""Graphs of what ran: for any number of images, with decisions that no image takes part in already taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from zoo.serving.runtime.recording import Recorder, Unsupported, record

SHAPE = (2, 4, 4)


def recorded(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The function as its recorded graph."""

    def run(recorder: Recorder, images: Tensor) -> None:
        recorder.mark("out", f(images))

    graph, names, _ = record(run, SHAPE)
    assert names == ("out",)

    def replayed(images: Tensor) -> Tensor:
        (out,) = graph(images)
        assert isinstance(out, Tensor)
        return out

    return replayed


def flattened_by_len(x: Tensor) -> Tensor:
    return x.view(len(x), -1).sum(dim=1)


def chosen_by_a_constant(x: Tensor) -> Tensor:
    used = torch.tensor([True, False])
    return torch.cat([x + i for i in range(2) if used[i].any()], dim=1)


def written_over(x: Tensor) -> Tensor:
    y = x * 2
    y.relu_().add_(x)
    return y


def halves_written_over(x: Tensor) -> Tensor:
    y = x * 1
    first, second = y.chunk(2, dim=1)
    return first.sigmoid_() + second.tanh_()


def part_written_over(x: Tensor) -> Tensor:
    y = x * 2
    y.relu_()
    y[:, :1] += x[:, :1]
    y[:, :1].sigmoid_()
    return y


def ones_for_every_image(x: Tensor) -> Tensor:
    return torch.ones(len(x), 3) * x.mean(dim=(1, 2, 3)).unsqueeze(1)


def new_zeros(x: Tensor) -> Tensor:
    return torch.cat([x, x.new_zeros(len(x), 1, 4, 4)], dim=1)


def adaptive_maxima(x: Tensor) -> Tensor:
    return torch.nn.functional.adaptive_max_pool2d(x, 3)


def sums_with_products(x: Tensor) -> Tensor:
    return torch.addcmul(torch.addcmul(x, x, x, value=0.5), x, x.sigmoid())


FUNCTIONS = [
    flattened_by_len,
    chosen_by_a_constant,
    written_over,
    halves_written_over,
    part_written_over,
    ones_for_every_image,
    new_zeros,
    adaptive_maxima,
    sums_with_products,
]


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("samples", [1, 2, 8])
def test_a_graph_computes_what_the_function_computes_for_any_number_of_images(
    f: Callable[[Tensor], Tensor], samples: int
) -> None:
    images = torch.randn(samples, *SHAPE, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(recorded(f)(images.clone()), f(images.clone()), rtol=1e-6, atol=1e-6)


def read_by_python(x: Tensor) -> Tensor:
    return x if x.mean() > 0 else -x


def rows_by_value(x: Tensor) -> Tensor:
    return x[x.mean(dim=(1, 2, 3)) > 0]


def another_constant_per_image(x: Tensor) -> Tensor:
    return torch.arange(len(x)).view(-1, 1) * x.mean(dim=(1, 2, 3)).view(-1, 1)


def another_operator_for_many(x: Tensor) -> Tensor:
    return x.relu() if len(x) > 4 else x.sigmoid()


@pytest.mark.parametrize(
    ("f", "why"),
    [
        (read_by_python, "Python decides by what is in a tensor"),
        (rows_by_value, "Python decides by what is in a tensor"),
        (another_constant_per_image, r"a tensor of shape \(3, 1\) differs from image to image"),
        (another_operator_for_many, "other operators run for 3 images than for 5"),
        (lambda x: torch.ones(3), "out does not depend on the images"),
    ],
)
def test_what_a_graph_cannot_say_is_refused(f: Callable[[Tensor], Tensor], why: str) -> None:
    with pytest.raises(Unsupported, match=why):
        recorded(f)

"""Wide ResNet: Zagoruyko & Komodakis 2016."""

from __future__ import annotations

from typing import Any

from zoo.papers.paper import SGD, Paper, Preset, Published

WRN_CIFAR = {
    **SGD,
    "nesterov": True,
    "weight_decay": 5e-4,
    "batch_size": 128,
    "epochs": 200,
    "schedule": "step",
    "milestones": [0.3, 0.6, 0.8],
    "step_factor": 0.2,
}
"""Zagoruyko & Komodakis 2016, section 3."""


def _preset(
    depth: int, widen: int, parameters: float, errors: tuple[float, float], table: str, dropout: float = 0.0
) -> Preset:
    """WRN-depth-widen: 6n+4 layers; errors on CIFAR-10 and CIFAR-100, mean and deviation normalised."""
    n = (depth - 4) // 6
    shape: dict[str, Any] = {"blocks": (n, n, n), "widen": widen, "dropout": dropout}
    source = f"Zagoruyko & Komodakis 2016, {table}"
    figures = [
        Published(dataset=dataset, source=source, error=error, parameters=parameters, note="median of 5 runs")
        for dataset, error in zip(("cifar10", "cifar100"), errors, strict=True)
    ]
    return Preset(parameters=shape, recipe=WRN_CIFAR, published=figures)


PAPER = Paper(
    title="Wide ResNet",
    family="fixed graph",
    varies="nothing",
    citation="Zagoruyko, Komodakis: Wide Residual Networks. BMVC 2016. arXiv:1605.07146",
    presets={
        "tiny": Preset(parameters={"blocks": (1, 1, 1), "widen": 1.5, "stem_kind": "strided"}),
        "small": Preset(parameters={"blocks": (1, 1, 1), "widen": 1.9}),
        "wrn-16-4": _preset(16, 4, 2.7e6, (5.02, 24.03), "Table 6"),
        "wrn-16-4-dropout": _preset(16, 4, 2.7e6, (5.24, 23.91), "Table 6", 0.3),
        "wrn-16-8": _preset(16, 8, 11.0e6, (4.27, 20.43), "Table 5"),
        "wrn-40-4": _preset(40, 4, 8.9e6, (4.53, 21.18), "Table 5"),
        "wrn-28-10": _preset(28, 10, 36.5e6, (4.00, 19.25), "Table 5"),
        "wrn-28-10-dropout": _preset(28, 10, 36.5e6, (3.89, 18.85), "Table 6", 0.3),
    },
    variants=[{"dropout": 0.3}],
    scales={"width": ("widen",), "depth": ("blocks",)},
)

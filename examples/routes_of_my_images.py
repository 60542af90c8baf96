"""Which parts of a trained network each of my images uses.

    python examples/routes_of_my_images.py results/quick adanet one.png two.png

Images of any size and format that Pillow reads; they are made grey or coloured, and as large, as the network needs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

import zoo


def read(path: str, task: zoo.Task) -> Tensor:
    """An image (C, H, W) as a network's task has it, pixels in [0, 1]."""
    channels, height, width = task.shape
    with Image.open(path) as image:
        fitting = image.convert("L" if channels == 1 else "RGB").resize((width, height), Image.Resampling.BILINEAR)
    return pil_to_tensor(fitting).float() / 255


def main(arguments: Sequence[str] | None = None) -> None:
    """Print class, confidence and route of every image."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="directory of its results")
    parser.add_argument("network", help="as the study's tables call it")
    parser.add_argument("images", nargs="+", help="files")
    parser.add_argument("--setting", help="point of the accuracy-compute curve; without it, the headline setting")
    options = parser.parse_args(arguments)

    network = zoo.load(options.study, options.network, setting=options.setting)
    images = torch.stack([read(path, network.task) for path in options.images])
    answer = network(images)
    confidence = answer.logits.softmax(dim=1).amax(dim=1)
    print(f"{network.label} at the setting {network.setting.name}")
    for path, name, sure, route in zip(options.images, network.names_of(answer), confidence, answer.route, strict=True):
        used = [unit for unit, is_used in zip(network.units, route.tolist(), strict=True) if is_used]
        print(f"{path}: {name}, {100 * sure:.0f} % sure; {len(used)} of {len(route)} units: {', '.join(used)}")


if __name__ == "__main__":
    main()

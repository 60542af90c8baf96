"""The usual training loop: a DataLoader, torchvision's transforms, fp32, NCHW."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional
from torch.optim import SGD
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.speed.setups import Setup
from benchmarks.training.recipe import Recipe
from zoo import RoutedNet

Rate = Callable[[float], float]
"""A function from the progress of the training, 0 to 1, to a learning rate."""


class Images(Dataset[tuple[Tensor, int]]):
    """Images that are transformed one by one, as torchvision's data sets do."""

    def __init__(self, setup: Setup) -> None:
        steps = [transforms.RandomCrop(setup.pixels.shape[-1], setup.augmentation.crop_padding)]
        if setup.augmentation.flip:
            steps.append(transforms.RandomHorizontalFlip())
        self._transform = transforms.Compose(steps)
        self._images = setup.pixels.float() / 255
        self._labels = setup.labels.tolist()

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """An image (C, H, W) in [0, 1] and its label."""
        return self._transform(self._images[index]), self._labels[index]


def plain_training(setup: Setup, net: RoutedNet, rate: Rate, epochs: int = 1) -> Callable[[], None]:
    """A function that trains for `epochs` epochs with the optimizer of the suite's recipe."""
    recipe = Recipe()
    loader = DataLoader(Images(setup), setup.batch_size, shuffle=True, drop_last=True)
    optimizer = SGD(
        net.parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
    )

    def run() -> None:
        net.train()
        for epoch in range(epochs):
            for step, (images, labels) in enumerate(loader):
                optimizer.param_groups[0]["lr"] = rate((epoch + step / len(loader)) / epochs)
                optimizer.zero_grad()
                loss = functional.cross_entropy(net(images).logits, labels)
                loss.backward()
                optimizer.step()

    return run

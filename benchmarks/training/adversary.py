"""Adversarial training: the images that every step is taken on (Madry et al. 2018).

Training minimises the greatest loss within a ball around each image. By Danskin's theorem the gradient of that maximum
is the gradient at the maximiser, so what is maximised should be the function that is minimised, with these choices:

- *Loss.* The cross-entropy of the answer, or the mean of the exits' where the phase trains exits: the deployed
  thresholds are chosen only after training, and an attack that goes through one exit leaves the others untrained (Hu
  et al. 2020, the average attack). What else a method's loss has is not maximised: AdaNet's target rate belongs to a
  batch and not to an image, and SkipNet's policy loss has a meaningful gradient but no meaningful value.
- *Mode.* As in training: dropped blocks, drop-paths and sampled gates are drawn anew at every step, so that the steps
  follow the gradient of the expectation. Gates that a phase cuts out of the gradient are cut out here too.
- *Batch norm* uses running statistics and never changes them: no image depends on the others of its batch, as when the
  network is deployed, and the statistics come from the images that the weights are trained on.
- *Precision.* The forward passes have the recipe's autocast, since the sign of a gradient needs no more; images, loss
  and steps are fp32.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from benchmarks.training.numerics import autocast
from benchmarks.training.recipe import Adversarial, Recipe
from zoo.network import Forward, RoutedNet


class Adversary:
    """Attacks a network while it is trained.

    It holds a twin of the network: the same parameters, in modules with modes, counters and buffers of their own, so
    that an attack changes nothing that training depends on but the random state.

    Args:
        net: on its device, in the phase in which it is trained.
        recipe: with `adversarial`.
    """

    def __init__(self, net: RoutedNet, recipe: Recipe) -> None:
        assert recipe.adversarial is not None
        self._how: Adversarial = recipe.adversarial
        self._precision = recipe.precision
        self._net = net
        self._twin = copy.deepcopy(net, {id(parameter): parameter for parameter in net.parameters()})
        self._answer = torch.compile(self._twin) if recipe.compile else self._twin
        self.start_epoch()

    def start_epoch(self) -> None:
        """Forget what a network counts in training, as its own `train()` does."""
        self._twin.train()
        for module in self._twin.modules():
            if isinstance(getattr(module, "running_mean", None), Tensor):
                module.eval()

    def images(self, images: Tensor, labels: Tensor, done: float) -> Tensor:
        """Adversarial images (N, C, H, W) for a step of training; the first of them are clean if a share is to be.

        Args:
            images: (N, C, H, W), pixels in [0, 1].
            labels: (N,) int64.
            done: part of the training that is over, in [0, 1].
        """
        for mine, present in zip(self._twin.buffers(), self._net.buffers(), strict=True):
            mine.copy_(present)
        clean = round(self._how.clean * len(images))
        if clean == len(images):
            return images
        attacked = self._attacked(images[clean:], labels[clean:], self._how.grown(done))
        return torch.cat([images[:clean], attacked]) if clean else attacked

    def _attacked(self, images: Tensor, labels: Tensor, share: float) -> Tensor:
        """Images after steps along the sign of the gradient, from a uniform random start, with a share of epsilon."""
        epsilon, length = share * self._how.epsilon, share * self._how.length
        low, high = (images - epsilon).clamp_(min=0), (images + epsilon).clamp_(max=1)
        x = (images + epsilon * (2 * torch.rand_like(images) - 1)).clamp_(low, high)
        for _ in range(self._how.passes):
            x = (x + length * self._gradient(x, labels).sign_()).clamp_(low, high)
        return x

    def _gradient(self, x: Tensor, labels: Tensor) -> Tensor:
        """Gradient (N, C, H, W) of the loss with respect to the images."""
        x.requires_grad_()
        with autocast(self._precision, x.device):
            out: Forward = self._answer(x)
        outputs = out.exit_logits or (out.logits,)
        loss = torch.stack([self._twin.cross_entropy(logits, labels) for logits in outputs]).mean()
        (gradient,) = torch.autograd.grad(loss, x)
        x.requires_grad_(False)
        return gradient

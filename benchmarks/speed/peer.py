"""Early exits against the package `earlyon`: `python -m benchmarks.speed.peer`.

Both run the same BranchyNet on ResNet-110: the same weights, entropy thresholds, images and batches, in turns in one
process. The package is installed in a separate environment that also sees the packages of this one. It routes a batch
as a whole, at the first exit where every image of the batch is confident. It does not change the network; so it is
measured a second time with the network folded as ours is.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor, nn

from benchmarks.speed.exits import leaving
from benchmarks.speed.skipping import NARROW, TASK, normalised, random_images
from benchmarks.speed.turns import ratio, take_turns
from benchmarks.training.numerics import single_threaded
from zoo import create, optimize_for_inference
from zoo.methods.branchynet.network import BranchyNet

PACKAGE = "earlyon==0.3.0"
SHARES = (0.4, 0.3)
BATCHES = ((1, 64, 1.0), (64, 64, 1.5))
"""Batch size, images, and the target of our throughput over the package's."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def peer(
    seconds: Annotated[float, typer.Option(min=0.1, help="Time for the turns of a batch size.")] = 30,
    here: Annotated[bool, typer.Option("--here", hidden=True)] = False,
) -> None:
    """Install earlyon in a separate environment, and print both throughputs at batch 1 and 64."""
    if here:
        with single_threaded():
            for batch, count, target in BATCHES:
                _compare(batch, count, target, seconds)
        return
    with TemporaryDirectory() as folder:
        python = _environment(Path(folder))
        done = subprocess.run(
            [str(python), "-m", "benchmarks.speed.peer", "--here", "--seconds", str(seconds)], check=False
        )
    raise typer.Exit(done.returncode)


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    packages = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    (packages / "suite.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", PACKAGE], check=True)
    return python


def _compare(batch: int, count: int, target: float, seconds: float) -> None:
    torch.manual_seed(0)
    images = random_images(count)
    net = normalised(create(f"branchynet[tiny, {NARROW}]", TASK), images)
    assert isinstance(net, BranchyNet)
    net.use(leaving(net, images, SHARES))
    served = optimize_for_inference(net)
    folded = served.net
    assert isinstance(folded, BranchyNet)
    batches = images.split(batch)
    calls = {
        "ours": lambda: [served(part) for part in batches],
        "earlyon": _earlyon(net, [part.contiguous() for part in batches]),
        "earlyon, folded": _earlyon(folded, [part.contiguous(memory_format=torch.channels_last) for part in batches]),
    }
    _agree(served, calls["earlyon"], batches)
    times = take_turns(calls, seconds)
    shown = ", ".join(f"{name} {count / np.median(spent):,.0f}/s" for name, spent in times.items())
    for name in ("earlyon", "earlyon, folded"):
        found = ratio(times[name], times["ours"])
        typer.echo(f"batch {batch}: {found} of the throughput of {name}; target {target}; {shown}")


def _agree(served: nn.Module, theirs: Any, batches: tuple[Tensor, ...]) -> None:
    """Check that both give the same logits at batch 1; in larger batches the package uses one exit for all images."""
    if len(batches[0]) > 1:
        return
    torch.testing.assert_close(
        torch.cat([served(part).logits for part in batches]), torch.cat(theirs()), atol=1e-4, rtol=0
    )


def _earlyon(net: BranchyNet, batches: list[Tensor]) -> Any:
    """A function that runs all batches through the package, with the network's own modules, and returns the logits."""
    from earlyon.core.types import EarlyExitConfig, ExitPoint
    from earlyon.core.wrappers import EarlyExitWrapper

    backbone = nn.Sequential(net.normalize, *net.segments, net.heads[-1])
    names = [str(e + 1) for e in range(len(net.thresholds))]
    config = EarlyExitConfig(
        backbone="custom",
        num_classes=net.task.classes,
        exit_points=[ExitPoint(f"e{name}", name, 1) for name in names],
        routing_policy="entropy",
        entropy_thresholds=list(net.thresholds),
    )
    heads = {f"e{name}": head for name, head in zip(names, net.heads, strict=False)}
    wrapper = EarlyExitWrapper(backbone, heads, nn.Identity(), config, input_shape=(1, *net.task.shape)).eval()
    if len(batches[0]) == 1:
        return lambda: [wrapper(part, mode="inference").prediction for part in batches]
    return lambda: [wrapper.forward_inference_batched(part).predictions for part in batches]


if __name__ == "__main__":
    sys.exit(app())

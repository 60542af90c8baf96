"""Networks of timm, torchvision and own files as methods of one unit."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import zoo
from zoo.methods.external import External
from zoo.registry import is_registered
from zoo.sizing.unit_costs import measure_ledger
from zoo.weights import relative_to

GREY = zoo.Task(shape=(1, 32, 32), classes=10, mean=(0.25,), std=(0.5,))
PLAIN = zoo.Task(shape=(3, 32, 32), classes=10, mean=(0.5,), std=(0.5,))
COLOUR = zoo.Task(shape=(3, 32, 32), classes=10, mean=(0.4, 0.5, 0.6), std=(0.2, 0.2, 0.2))
TORCHVISION = "external[torchvision=mobilenet_v3_small]"
TIMM = "external[timm=mobilenetv3_small_050]"
OWN = """
from torch import nn

from parts import features

class Net(nn.Sequential):
    def __init__(self, num_classes, in_channels, width=4):
        super().__init__(*features(in_channels, width), nn.Linear(width, num_classes))

class Pair(nn.Module):
    def forward(self, x):
        return x, x

def ten(x=None):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())

number = 3
"""
PARTS = """
from torch import nn

def features(channels, width):
    return [nn.Conv2d(channels, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
"""
needs_timm = pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is not installed")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file with networks, and one beside it that it imports."""
    (tmp_path / "my.py").write_text(OWN)
    (tmp_path / "parts.py").write_text(PARTS)
    return tmp_path


def created(selector: str, task: zoo.Task) -> External:
    net = zoo.create(selector, task)
    assert isinstance(net, External)
    return net


def error_of(selector: str, task: zoo.Task = COLOUR) -> str:
    with pytest.raises(ValueError) as error:
        zoo.create(selector, task)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("selector", [TORCHVISION, pytest.param(TIMM, marks=needs_timm)])
def test_both_ways_to_compute_are_the_whole_network(selector: str) -> None:
    torch.manual_seed(0)
    net = zoo.create(selector, COLOUR).eval()
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        every, needed = net(images, compute="all"), net(images, compute="needed")
    assert torch.equal(every.logits, needed.logits)
    assert every.route.tolist() == needed.route.tolist() == [[True], [True]]
    ledger = measure_ledger(net)
    assert ledger.fixed_macs == 0
    assert ledger.unit_macs.tolist() == [zoo.size_of(selector, COLOUR).macs]


def test_neither_all_nor_a_wildcard_names_it() -> None:
    assert is_registered("external")
    assert "external" not in zoo.list_methods()
    assert zoo.list_methods("ext*") == ()
    with pytest.raises(zoo.UnknownName, match="did you mean external"):
        zoo.parse("externol[timm=resnet18]")


@needs_timm
def test_timms_networks_are_normalised_by_their_own_statistics() -> None:
    net = created(TIMM, COLOUR)
    assert net.task.mean == (0.485, 0.456, 0.406)
    assert "pretrained_cfg" in net.normalised_by


@needs_timm
def test_statistics_of_three_channels_do_not_fit_one() -> None:
    net = created(TIMM, GREY)
    assert (net.task.mean, net.normalised_by) == ((0.25,), "the data set")
    assert next(net.body.parameters()).shape[1] == 1


def test_statistics_that_are_given_count() -> None:
    net = created("external[torchvision=mobilenet_v3_small, mean=0.5, std=[0.1, 0.2, 0.3]]", COLOUR)
    assert (net.task.mean, net.task.std, net.normalised_by) == ((0.5, 0.5, 0.5), (0.1, 0.2, 0.3), "the selector")
    images = torch.full((1, 3, 32, 32), 0.6)
    torch.testing.assert_close(net.normalize(images)[0, :, 0, 0], torch.tensor([1.0, 0.5, 1 / 3]))


def test_published_weights_bring_their_statistics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stands where torchvision would have put it."""
    from torchvision import models

    entry = models.MobileNet_V3_Small_Weights.DEFAULT
    (tmp_path / "checkpoints").mkdir()
    thousand = models.mobilenet_v3_small()
    torch.save(thousand.state_dict(), tmp_path / "checkpoints" / entry.url.rpartition("/")[2])
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    task = zoo.Task(shape=(3, 64, 64), classes=1000, mean=(0.1, 0.1, 0.1))
    net = zoo.create("external[torchvision=mobilenet_v3_small, weights=DEFAULT]", task).eval()
    assert net.task.mean == pytest.approx((0.485, 0.456, 0.406))
    assert net.normalised_by == "the weights"
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(net(images).logits, thousand.eval()(net.normalize(images)))


def test_weights_that_cannot_be_fetched_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*arguments: object, **options: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    message = error_of("external[torchvision=mobilenet_v3_small, weights=DEFAULT]")
    assert "cannot be fetched" in message
    assert "no route to host; put the file at" in message


def test_names_of_published_weights_are_listed() -> None:
    message = error_of("external[torchvision=mobilenet_v3_small, weights=IMAGENET]")
    assert message == (
        "torchvision has no weights 'IMAGENET' of mobilenet_v3_small; valid: IMAGENET1K_V1, DEFAULT, or a file"
    )


@needs_timm
def test_weights_of_a_file_are_the_networks(tmp_path: Path) -> None:
    import timm

    torch.manual_seed(1)
    theirs = timm.create_model("mobilenetv3_small_050", num_classes=10).eval()
    save_file(theirs.state_dict(), tmp_path / "x.safetensors")
    net = zoo.create(f"external[timm=mobilenetv3_small_050, weights={tmp_path}/x.safetensors]", COLOUR).eval()
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(net(images).logits, theirs(net.normalize(images)))


def test_a_file_of_a_record_brings_its_normalisation(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = zoo.create("external[torchvision=mobilenet_v3_small, mean=0.3, std=0.7]", COLOUR)
    save_file(first.state_dict(), tmp_path / "x.safetensors")
    net = zoo.create(
        f"external[torchvision=mobilenet_v3_small, weights={tmp_path}/x.safetensors]",
        PLAIN,
    )
    assert net.task.mean == pytest.approx((0.3, 0.3, 0.3))


def test_any_method_takes_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    trained = zoo.create("adanet[tiny]", GREY)
    save_file(trained.state_dict(), tmp_path / "x.safetensors")
    torch.manual_seed(1)
    net = zoo.create(f"adanet[tiny, weights={tmp_path}/x.safetensors]", GREY)
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in trained.state_dict().items())


@pytest.mark.parametrize("of_a_record", [True, False])
def test_classes_that_differ_are_one_line(of_a_record: bool, tmp_path: Path) -> None:
    hundred = zoo.create(TORCHVISION, zoo.Task(shape=(3, 32, 32), classes=100))
    state = hundred.state_dict()
    if not of_a_record:
        state = {name.removeprefix("body.net."): state[name] for name in state if name.startswith("body.net.")}
    save_file(state, tmp_path / "x.safetensors")
    message = error_of(f"external[torchvision=mobilenet_v3_small, weights={tmp_path}/x.safetensors]")
    assert "body.net.classifier.3.weight has the shape (100, 1024), the network's (10, 1024)" in message


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("external", "external needs one of timm=<name>, torchvision=<name> and module=<file>:<name>"),
        ("external[torchvision=resnet18, timm=resnet18]", ", not timm and torchvision"),
        ("external[torchvision=resnet19]", "torchvision has no network 'resnet19'; did you mean resnet"),
        ("external[torchvision=fasterrcnn_resnet50_fpn]", "torchvision has no network 'fasterrcnn_resnet50_fpn'"),
        ("external[torchvision=resnet18, arguments={'depth': 2}]", "torchvision's resnet18 cannot be built with"),
        ("external[torchvision=resnet18, arguments=2]", "arguments must be names with values"),
        ("external[torchvision=resnet18, mean=0.5]", "mean and std belong together"),
        ("external[torchvision=resnet18, mean=[0.5, 0.5], std=1]", "mean has 2 values for 3 channels"),
        ("external[torchvision=resnet18, mean=half, std=1]", "mean must be a number, or one per channel, not 'half'"),
        ("external[torchvision=5]", "torchvision must be a name, not 5"),
        ("external[module=my.py]", "module must be a file and a name in it, as my.py:Net, not 'my.py'"),
        ("external[module=nowhere.py:Net]", "nowhere.py: there is no such file"),
        ("external[torchvision=resnet18, weights=nowhere.pt]", "nowhere.pt: there is no such file"),
        ("external[torchvision=resnet18, weights=3]", "weights of external must be a file, as weights=my.safetensors"),
        (
            "external[torchvision=resnet18, wieghts=x.pt]",
            "parameter of external 'wieghts'; did you mean weights",
        ),
        pytest.param("external[timm=resnet19]", "timm has no network 'resnet19'", marks=needs_timm),
    ],
)
def test_what_is_wrong_with_a_selector_is_one_line(selector: str, message: str) -> None:
    assert message in error_of(selector)


def test_channels_that_torchvision_does_not_build_for_are_one_line() -> None:
    assert "torchvision's networks take 3 channels, the task's images have 1" in error_of(TORCHVISION, GREY)


@needs_timm
def test_images_that_a_network_does_not_take_are_one_line() -> None:
    message = error_of("external[timm=vit_tiny_patch16_224]")
    assert "it does not take images of 3 x 32 x 32 (channels, height, width)" in message


def test_without_timm_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    assert error_of(TIMM) == "timm is not installed: python -m pip install 'routebench[timm]'"


def test_a_network_of_an_own_file_gets_what_its_constructor_names(own: Path) -> None:
    with relative_to(own):
        net = zoo.create("external[module=my.py:Net, arguments={'width': 6}]", GREY)
    assert isinstance(net, External)
    layers: nn.Module = net.body.net
    assert tuple(next(layers.parameters()).shape) == (6, 1, 3, 3)
    assert (net.origin, net.normalised_by) == ("my.py:Net", "the data set")


def test_a_file_that_was_changed_is_read_again(own: Path) -> None:
    selector = f"external[module={own}/my.py:Net]"
    zoo.create(selector, GREY)
    (own / "my.py").write_text(OWN.replace("width=4", "width=5"))
    assert next(zoo.create(selector, GREY).parameters()).shape[0] == 5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Missing", "has no Missing that can be called"),
        ("number", "has no number that can be called"),
        ("Pair", "it returns a tuple, where logits (N, classes) are needed"),
        ("ten", "it answers one image with (1, 1), the task has 10 classes"),
    ],
)
def test_what_is_wrong_with_an_own_network_is_one_line(name: str, message: str, own: Path) -> None:
    assert message in error_of(f"external[module={own}/my.py:{name}]", GREY)


def test_files_of_one_name_in_two_folders_are_two(own: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "my.py").write_text(OWN)
    (other / "parts.py").write_text(PARTS.replace("3), nn.ReLU", "5), nn.ReLU"))
    kernels = [
        next(zoo.create(f"external[module={folder}/my.py:Net]", GREY).parameters()).shape[-1] for folder in (own, other)
    ]
    assert kernels == [3, 5]


def test_a_file_with_an_error_is_one_line(own: Path) -> None:
    (own / "my.py").write_text("import nothing_of_that_name")
    assert "my.py cannot be imported: No module named 'nothing_of_that_name'" in error_of(
        f"external[module={own}/my.py:Net]", GREY
    )


def test_gradients_reach_the_images() -> None:
    net = zoo.create(TORCHVISION, COLOUR).eval()
    images = torch.rand(1, 3, 32, 32, requires_grad=True)
    net(images).logits.sum().backward()
    assert isinstance(images.grad, Tensor)
    assert images.grad.abs().sum() > 0

"""A package that is installed nowhere: the examples of the guide in one folder, and a helper of the method."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("big_little", "margin", "noise", "parity")
LOSS = "return self.cross_entropy(torch.cat(forward.exit_logits), labels.repeat(len(self.heads)))"
WHERE = """
@evaluator("where")
def where(trained: TrainedNetwork, options: None) -> pd.DataFrame:
    import ray

    node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"
    return pd.DataFrame({"setting": [trained.settings[0].name], "node": [node]})
"""
"""An evaluator that says on which node of a cluster it ran."""
STUDY = """
dataset: parity
methods: [resnet, big_little]
static_curve: []
recipe: {epochs: 2, batch_size: 64, lr: 0.05, precision: fp32}
evaluation:
  margin: {samples: 100}
  robustness: {samples: 20, attacks: [noise, FGSM], pgd_steps: 2, strong: []}
"""
OFF = (
    "cost",
    "latency",
    "energy",
    "slowdown",
    "attacked_latency",
    "trust",
    "lesions",
    "decisions",
    "scale",
    "fidelity",
)


def write_package(folder: Path, name: str = "my_package") -> Path:
    """Write the package into a folder; its own folder."""
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for example in NAMES:
        (package / f"{example}.py").write_text((EXAMPLES / f"{example}.py").read_text())
    network = (package / "big_little.py").read_text()
    assert LOSS in network
    network = network.replace(LOSS, f"return WEIGHT * {LOSS.removeprefix('return ')}")
    network = network.replace("import torch\n", f"import torch\nfrom {name}.weights import WEIGHT\n", 1)
    (package / "big_little.py").write_text(network)
    write_weight(package, 1)
    with (package / "margin.py").open("a") as file:
        file.write(WHERE)
    return package


def write_weight(package: Path, weight: float) -> None:
    """Write the helper of the method: the weight of its loss."""
    (package / "weights.py").write_text(f"WEIGHT = {weight}\n")


def write_study(folder: Path, *plugins: str) -> Path:
    """Write a study of the package's method, data set, attack and evaluator."""
    path = folder / "mine.yaml"
    off = "".join(f"  {name}: null\n" for name in OFF)
    path.write_text(f"{STUDY.strip()}\n{off}plugins: [{', '.join(plugins)}]\n")
    return path

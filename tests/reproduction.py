"""Whether the quick study can be reproduced: `python -m tests.reproduction`, which `tox -e reproduce` runs.

It is run twice from clean directories, by Ray and inline: weights and every table without times have to be equal to the
byte. Then it is compared with the committed reference, whose page is built again.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

ROOT = Path(__file__).parents[1]
REFERENCE = Path("results/reference/quick")
REFERENCE_PAGE = Path("reports/reference/quick/index.html")
TIMED = (
    *("attacked_latency.parquet", "latency.parquet", "energy.parquet", "history.parquet"),
    *("summary.parquet", "summary.arrow", "config.yaml", "manifest.json"),
)
"""Files of a record that have times or dates in them."""
NEVER_SLOWER = ("--tolerance-time", "100")
"""No loss of speed is more than 100 %: times are not reproduced."""


class Irreproducible(Exception):
    """Something that should be equal is not, or a command failed; one line."""


def command(verb: str, *arguments: object, cache: Path) -> str:
    """What a command of the suite prints; its own caches are in a folder of the test's.

    Raises:
        Irreproducible: its exit status is not 0.
    """
    line = [sys.executable, "-m", f"benchmarks.{verb}", *(str(argument) for argument in arguments)]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": paths}
    done = subprocess.run(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, flush=True)
        raise Irreproducible(f"{' '.join(line[2:])} ended with status {done.returncode}")
    return done.stdout


def train(folder: Path, scheduler: str, study: str, options: Sequence[str]) -> Path:
    """Run a study that is called quick into a clean directory; its results, beside which its pages are."""
    folder.mkdir()
    places = ("--results", folder / "results", "--reports", folder / "reports", "--scheduler", scheduler)
    command("run", "--study", study, *places, *options, cache=folder / "cache")
    return folder / "results" / "quick"


def timeless(results: Path) -> dict[str, bytes]:
    """Every file of a study's records without times, by its path below the study."""
    found = sorted(path for path in results.glob("models/*/*") if path.name not in TIMED and path.parent.name[0] != ".")
    return {str(path.relative_to(results)): path.read_bytes() for path in found}


def check_equal(one: Path, other: Path) -> int:
    """Check that two studies' weights and tables without times are equal to the byte; how many files there are.

    Raises:
        Irreproducible: they are not; the message names the files.
    """
    first, second = timeless(one), timeless(other)
    if not first:
        raise Irreproducible(f"{one} has no records")
    names = sorted(first.keys() | second.keys())
    unequal = [name for name in names if first.get(name) != second.get(name)]
    if unequal:
        raise Irreproducible(f"{len(unequal)} of {len(names)} files are not equal: {', '.join(unequal)}")
    return len(names)


def check_page(page: Path, results: Path, folder: Path) -> None:
    """Check that a study's page, built again, is the page that there is.

    Raises:
        Irreproducible: it is not.
    """
    command("report", results, "--out", folder, cache=folder)
    if (folder / "index.html").read_bytes() != page.read_bytes():
        raise Irreproducible(f"{page} is not what is built from {results}")


def reproduce(folder: Path, options: Sequence[str] = (), *, study: str = "quick", reference: bool = True) -> None:
    """Run everything in a folder.

    Args:
        folder: empty.
        options: of `benchmarks.run`, to run less of the study.
        study: `quick`, or a file of that name.
        reference: whether to compare with the committed reference, too.

    Raises:
        Irreproducible: something is not reproduced.
    """
    by_ray, inline = (train(folder / scheduler, scheduler, study, options) for scheduler in ("ray", "inline"))
    print(f"{check_equal(by_ray, inline)} files are equal to the byte: by Ray and inline", flush=True)
    page = folder / "ray" / "reports" / "quick" / "index.html"
    check_page(page, by_ray, folder / "again")
    again = ("--page", folder / "inline.html", *NEVER_SLOWER)
    print(command("compare", by_ray, inline, *again, cache=folder), flush=True)
    if reference:
        shown = ("--page", folder / "reference.html", *NEVER_SLOWER)
        print(command("compare", ROOT / REFERENCE, by_ray, *shown, cache=folder), flush=True)
        check_page(ROOT / REFERENCE_PAGE, ROOT / REFERENCE, folder / "reference")
        print("The committed page is what is built from the committed reference", flush=True)


def main(
    methods: Annotated[str | None, typer.Option(help="Fewer networks. Example: --methods 'resnet, adanet'")] = None,
) -> None:
    """Run the quick study twice, and compare it with itself and with the committed reference."""
    options = [] if methods is None else ["--methods", methods]
    with TemporaryDirectory() as folder:
        try:
            reproduce(Path(folder), options)
        except Irreproducible as reason:
            typer.echo(f"Not reproduced: {reason}", err=True)
            raise typer.Exit(1) from reason
    print("Reproduced")


if __name__ == "__main__":
    typer.run(main)

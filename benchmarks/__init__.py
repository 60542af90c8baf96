"""Everything that runs: data, training, evaluators, scheduling, storing, report building."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("routebench")
except PackageNotFoundError:  # the source without its installation, as a cluster's nodes may have it
    __version__ = "not installed"

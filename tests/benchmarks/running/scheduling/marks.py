"""How tests that start Ray are marked."""

from __future__ import annotations

import pytest

RAY = [
    pytest.mark.long,
    # Ray leaves files open when it shuts down
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.filterwarnings("ignore::FutureWarning:ray"),
]

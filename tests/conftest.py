"""What several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of the project's own data sets."""
    return REPOSITORY / "datasets"


@pytest.fixture(scope="session")
def sources() -> Path:
    """The folder of public material that lies beside the project; tests on it are skipped where it is missing."""
    folder = Path(os.environ.get("MODERATION_SOURCES") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("needs the public sources: name their folder in MODERATION_SOURCES")
    return folder

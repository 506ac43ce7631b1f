"""What several tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from postgres import Database
    from serving import Server

# Whatever the machine speaks: tests read English, and name another language where they mean it.
os.environ["LANGUAGE"] = "en"
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service, for all tests of a module."""
    from serving import start, stop

    found = start(tmp_path_factory.mktemp("service"))
    yield found
    stop(found)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Any]:
    """Starts a server for one test alone."""
    from serving import start, stop

    begun: list[Server] = []

    def begin(*options: str, **settings: Any) -> Server:
        begun.append(start(tmp_path, *options, **settings))
        return begun[-1]

    yield begin
    for each in begun:
        stop(each)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the container's first stage has made of a clean copy; the package and what it needs, in ``wheels``."""
    import fresh

    return fresh.built(tmp_path_factory)


@pytest.fixture(scope="module")
def chinese(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the audit in a module's ``folder``, reported on in Chinese."""
    from moderation.common.messages import speaking
    from moderation.report import report

    copy = tmp_path_factory.mktemp("chinese") / "out"
    shutil.copytree(folder, copy)
    with speaking("zh_CN"):
        report(copy)
    return copy


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """PostgreSQL, for all tests of a module."""
    from postgres import begun

    with begun() as found:
        yield found

"""A Chromium that tests drive."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def chromium(folder: Path, size: str = "1200,900") -> Iterator[Any]:
    """Chromium with a profile in a folder, in a window of a size; the test is skipped where it is not to be had."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: make test-all")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("needs Chromium and ChromeDriver (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--no-first-run", f"--window-size={size}",
        f"--user-data-dir={folder}",
    ):  # fmt: skip
        options.add_argument(argument)
    found = webdriver.Chrome(options, webdriver.ChromeService(driver))
    try:
        yield found
    finally:
        found.quit()

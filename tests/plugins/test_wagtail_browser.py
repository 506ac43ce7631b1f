"""The report in a real browser, on a real server: masked, shown when somebody asks, decided on by buttons."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browsing import chromium

from .conftest import ROOT, free_port

pytest.importorskip("wagtail", reason="needs moderation[wagtail]: make test-all")
pytest.importorskip("selenium.webdriver", reason="needs selenium: make test-all")

from .test_wagtail import BLOCK, PROSE, article, records, stored  # only where they are installed

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("chromium"), "1200,760") as found:
        found.implicitly_wait(10)
        yield found


@pytest.fixture(scope="module")
def address(site: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site, served in a process of its own."""
    port = free_port()
    actions = '{"ACTIONS": {"clean": "hold", "review": "hold", "reject": "hold"}}'
    with (site.folder / "demo" / "settings" / "held.py").open("w", encoding="utf-8") as settings:
        settings.write(f"from .dev import *\nMODERATION = {actions}\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "demo.settings.held"}
    with (tmp_path_factory.mktemp("server") / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            cwd=site.folder, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    found = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < end
        with suppress(OSError), urllib.request.urlopen(f"{found}/admin/login/", timeout=5):
            break
        time.sleep(0.2)
    yield found
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(10)


def log_in(browser: Any, address: str) -> None:
    from selenium.webdriver.common.by import By

    browser.delete_all_cookies()
    browser.get(f"{address}/admin/login/?next=/admin/reports/moderation/")
    browser.find_element(By.NAME, "username").send_keys("admin")
    browser.find_element(By.NAME, "password").send_keys("pw", "\n")
    assert browser.find_element(By.CLASS_NAME, "moderation-record")


def test_report_in_a_browser(site: SimpleNamespace, browser: Any, address: str, tmp_path: Path) -> None:
    from django.test import override_settings
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait

    from moderation.django.models import Record

    Record.objects.all().delete()
    with override_settings(MODERATION={"ACTIONS": dict.fromkeys(("clean", "review", "reject"), "hold")}):
        title = site.root.add_child(
            instance=article(site, title=f"水质分析仪选型指南_{BLOCK}", slug="guide", body=f"<p>{PROSE}</p>")
        )
        page = article(site, title="溶氧仪的日常维护", slug="upkeep", body=f"<p>{PROSE}</p>")
        page.stream = json.dumps([{"type": "html", "value": f'<div style="display:none">{BLOCK}</div>'}])
        page = site.root.add_child(instance=page)
        page.save_revision(user=site.editor)
    log_in(browser, address)
    assert browser.find_element(By.ID, f"record-{records(page)[0].pk}").is_displayed()
    # Nothing is shown as it is, not even in the titles.
    assert BLOCK not in browser.page_source
    marks = [mark.text for mark in browser.find_elements(By.CSS_SELECTOR, ".moderation-record mark")]
    assert len(marks) == 2
    assert all("澳*******_真******_新*****_时****" in mark for mark in marks)
    browser.find_element(By.CSS_SELECTOR, f"#record-{records(page)[0].pk} [type=checkbox]").click()
    for width, name in ((1200, "wagtail-report"), (390, "wagtail-report-narrow")):
        size = {"width": width, "height": 760, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        # Nothing of the report stands beside the screen.
        assert browser.execute_script("return document.querySelector('#main').scrollWidth") <= width
        browser.save_screenshot(str(tmp_path / f"{name}.png"))
        if "MODERATION_SCREENSHOTS" in os.environ:
            shutil.copy(tmp_path / f"{name}.png", Path(os.environ["MODERATION_SCREENSHOTS"]) / f"{name}.png")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    card = browser.find_element(By.ID, f"record-{records(page)[0].pk}")
    card.find_element(By.LINK_TEXT, "Show").click()
    WebDriverWait(browser, 20).until(
        lambda found: "show=" in found.current_url and "<mark>" + BLOCK in found.page_source
    )
    shown = [mark.text for mark in browser.find_elements(By.CSS_SELECTOR, ".moderation-record mark")]
    assert [mark for mark in shown if mark not in marks] == [BLOCK]
    card = browser.find_element(By.ID, f"record-{records(page)[0].pk}")
    card.find_element(By.XPATH, ".//button[normalize-space()='Clean it']").click()
    WebDriverWait(browser, 20).until(lambda found: "Published without what was found" in found.page_source)
    browser.get(f"{address}{stored(page).url_path.removeprefix('/home')}")
    assert PROSE in browser.page_source
    assert BLOCK not in browser.page_source
    assert not stored(title).live
    assert Record.objects.get(object_id=str(title.pk)).state == "open"


def test_several_are_decided_on_by_keys_and_without_scripts(site: SimpleNamespace, browser: Any, address: str) -> None:
    from django.test import override_settings
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    from moderation.django.models import Record

    Record.objects.all().delete()
    with override_settings(MODERATION={"ACTIONS": dict.fromkeys(("clean", "review", "reject"), "hold")}):
        body = f"<p>{BLOCK}</p><p>{PROSE}</p>"
        pages = [
            site.root.add_child(instance=article(site, title=f"浊度计的校准{number}", slug=f"keys{number}", body=body))
            for number in range(3)
        ]
        for page in pages:
            page.save_revision(user=site.editor)

    def is_said(text: str) -> bool:
        """Whether a message is there to be seen, on the page before or on the one that takes its place meanwhile."""
        try:
            return text in browser.find_element(By.CLASS_NAME, "messages").text
        except StaleElementReferenceException:
            return False

    log_in(browser, address)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.refresh()
        boxes = browser.find_elements(By.CSS_SELECTOR, "[name=record]")
        # The newest stands first; what is said of a box names its page.
        assert [box.accessible_name for box in boxes] == [
            f"Choose Article {page.pk}: {page.title}" for page in reversed(pages)
        ]
        for box in boxes[:2]:
            box.send_keys(Keys.SPACE)
        bar = browser.find_element(By.ID, "moderation-bulk")
        assert (bar.aria_role, bar.accessible_name) == ("group", "All chosen:")
        bar.find_element(By.CSS_SELECTOR, "[value=ham]").send_keys(Keys.ENTER)
        WebDriverWait(browser, 20).until(lambda _: is_said("2 decided. 2: Published as it was written."))
        assert [stored(page).live for page in pages] == [False, True, True]
        browser.find_element(By.LINK_TEXT, "Choose all on this page").click()
        browser.find_element(By.CSS_SELECTOR, "#moderation-bulk [value=spam]").send_keys(Keys.ENTER)
        WebDriverWait(browser, 20).until(lambda _: is_said("1 decided."))
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert [records(page)[0].state for page in pages] == ["spam", "ham", "ham"]

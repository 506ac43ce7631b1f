"""The lists of the plug-in on a phone, in Chinese, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from browsing import chromium

from plugins.wordpress.doors import BLOCK, BOTH, TITLE, by_code, quoted
from plugins.wordpress.server import WordPress
from plugins.wordpress.test_dashboard import clear

pytest.importorskip("selenium.webdriver", reason="needs selenium: make test-all")

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
# What stands beside the screen: all that is wider than it, but for what WordPress itself keeps there.
BESIDE = """
    return [...document.querySelectorAll('.moderation-parts, .moderation-parts *')].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.width && (box.right > window.innerWidth + 1 || box.left < -1);
    }).map((each) => each.outerHTML.slice(0, 200));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("chromium"), "1200,760") as found:
        yield found


def opened(site: WordPress, browser: Any, path: str, name: str, tmp_path: Path) -> list[Any]:
    """The rows of a list, on a phone."""
    from selenium.webdriver.common.by import By

    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(f"{site.url}/?{urlencode({'tests_login': 'admin', 'to': f'/wp-admin/tools.php?page={path}'})}")
    browser.save_screenshot(str(tmp_path / f"{name}.png"))
    if "MODERATION_SCREENSHOTS" in os.environ:
        shutil.copy(tmp_path / f"{name}.png", Path(os.environ["MODERATION_SCREENSHOTS"]) / f"{name}-{site.version}.png")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE["width"]
    assert browser.execute_script(BESIDE) == []
    found: list[Any] = browser.find_elements(By.CSS_SELECTOR, ".moderation-found tbody tr")
    return found


@BOTH
def test_templates_and_patterns_on_a_phone(site: WordPress, browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    clear(site)
    text = f"<!-- wp:paragraph -->\n<p>{BLOCK}</p>\n<!-- /wp:paragraph -->"
    names = {"wp_block": "联系我们", "wp_template": "首页", "wp_navigation": "主菜单"}
    for kind, name in names.items():
        by_code(site, name, text * 3, post_type=kind)
    site.php("update_option('tests_locale', 'zh_CN');")
    try:
        rows = opened(site, browser, "moderation-parts", "wordpress-parts-phone", tmp_path)
        assert len(rows) == len(names)
        for row in rows:
            assert "暂缓发布" in row.text
            assert "不是垃圾内容" in row.text
            assert "博彩" in row.text
            # Wide enough to be read, each part below the other, and large enough for a finger.
            for cell in row.find_elements(By.CSS_SELECTOR, "td"):
                assert cell.size["width"] > 300
            for link in row.find_elements(By.CSS_SELECTOR, ".row-actions a"):
                assert link.size["height"] >= 24
    finally:
        site.php("delete_option('tests_locale');")


@BOTH
def test_refused_texts_on_a_phone(site: WordPress, browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    number = by_code(site, TITLE, f"<p>{TITLE}</p>" * 3)
    site.php(
        f"""
        foreach (array_keys(Moderation\\Refused::all()) as $name) Moderation\\Refused::forget($name);
        update_post_meta({number}, '_yoast_wpseo_metadesc', {quoted(BLOCK * 4)});
        wp_insert_term({quoted(BLOCK)}, 'post_tag');
        update_option('tests_locale', 'zh_CN');
    """,
        "admin",
    )
    try:
        rows = opened(site, browser, "moderation-refused", "wordpress-refused-phone", tmp_path)
        assert len(rows) == 2
        assert "搜索引擎描述" in rows[1].text
        for row in rows:
            assert "已拒绝" in row.text
            for cell in row.find_elements(By.CSS_SELECTOR, "td"):
                assert cell.size["width"] > 300
            row.find_element(By.CSS_SELECTOR, "summary").click()
        assert BLOCK in rows[0].text
        assert browser.execute_script(BESIDE) == []
    finally:
        site.php("delete_option('tests_locale');")

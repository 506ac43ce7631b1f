"""What people see: the block editor, and hostile strings in the pages of the administration."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    GOOD,
    HOSTILE,
    MARKS,
    NEW,
    PARAGRAPHS,
    TITLE,
    by_code,
    comment,
    post,
    press_test,
    quoted,
    say_by_form,
    settings,
)
from plugins.wordpress.server import WordPress, text_of


class Elements(HTMLParser):
    """What would run: handlers of events, and scripts with the mark in them."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        self.bad += [
            f"{tag} {name}={value}" for name, value in attrs if name == "onerror" or (name == "src" and value == "x")
        ]

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip().startswith(("alert", "a****")):
            self.bad.append(data)


def assert_harmless(page: str) -> None:
    reader = Elements()
    reader.feed(page)
    assert reader.bad == []


@NEW
def test_hostile_strings_are_harmless_in_the_pages_of_the_administration(site: WordPress) -> None:
    settings(site, key=HOSTILE, on_clean="hold")
    open_post = by_code(site, TITLE, ARTICLE)
    escaped = html.escape(f"{BLOCK}_{MARKS}")
    text = ARTICLE + f"<p>{escaped}</p>"
    number = by_code(site, f"{TITLE}|{escaped}", text, post_excerpt=escaped)
    found = post(site, number)
    assert found["record"]["state"] == "held"
    # The mask keeps the shape, signs included.
    assert '">' in json.dumps(found["record"], ensure_ascii=False).replace("\\", "")
    said = say_by_form(site, f"{GOOD} {escaped}", open_post)
    assert comment(site, said)["record"]["state"] == "held"
    site.php(f"""
        $row = Moderation\\Record::get('post', {number});
        foreach (['why', 'judge'] as $name) $row[$name] = {quoted(MARKS)};
        Moderation\\Record::set('post', {number}, $row);
        update_option('moderation_trouble', ['since' => time(), 'why' => {quoted(MARKS)}]);
    """)
    cookie = site.login()
    paths = [
        "edit.php",
        "edit-comments.php",
        f"post.php?post={number}&action=edit",
        "index.php",
        "edit.php?moderation=held",
    ]
    for path in paths:
        page = site.get(f"/wp-admin/{path}", cookie)
        assert page.status == 200
        assert_harmless(page.text)
    classic = site.get(f"/wp-admin/post.php?post={number}&action=edit&classic-editor", cookie).text
    assert "This is held for a person to look at" in classic
    assert_harmless(classic)
    said_page = press_test(site, cookie)
    assert html.escape(MARKS, quote=True).replace("&#x27;", "&#039;") in said_page
    assert_harmless(said_page)
    answer = site.rest("GET", f"/wp/v2/posts/{number}?context=edit")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json["moderation"]["state"] == "held"
    assert "moderation" not in site.rest("GET", "/wp/v2/posts", user="").text


def in_a_browser(site: WordPress, folder: Path, path: str, budget: int = 60) -> str:
    """A page of the administration as Chromium has it after its scripts have run, for some seconds of its own clock."""
    if not shutil.which("chromium"):
        pytest.skip("needs Chromium (package chromium)")
    quiet = ["background-networking", "component-update", "sync", "gpu"]
    command = ["chromium", "--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{each}" for each in quiet)]
    command += [f"--user-data-dir={folder}", f"--virtual-time-budget={budget}000", "--dump-dom"]
    command.append(f"{site.url}/?{urlencode({'tests_login': 'admin', 'to': path})}")
    environment = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    return text_of(done.stdout)


@BOTH
def test_the_block_editor_shows_what_is_done(site: WordPress, tmp_path: Path) -> None:
    steps = [
        {"title": f"{TITLE}|{BLOCK}", "paragraphs": [*PARAGRAPHS, BLOCK]},
        {"title": BLOCK, "paragraphs": [BLOCK] * 8},
        {"title": BLOCK, "paragraphs": PARAGRAPHS},
    ]
    query = urlencode({"tests_drive": b64encode(json.dumps(steps).encode()).decode()})
    page = in_a_browser(site, tmp_path, f"/wp-admin/post-new.php?{query}")
    found = re.search(r'<pre id="driven">(.*?)</pre>', page, re.DOTALL)
    assert found, page[-3000:]
    cleaned, refused, held = json.loads(html.unescape(found[1]))
    assert any("Injected text was cut from this before it was stored" in each for each in cleaned["notices"])
    assert any("澳*******_真******_新*****_时****" in each for each in cleaned["notices"])
    assert cleaned["answers"][:3] == ["Not spam", "Restore", "Keep cleaned"]
    assert (cleaned["title"], cleaned["status"]) == (TITLE, "publish")
    # The editor holds what was stored, not what it had sent.
    assert BLOCK not in cleaned["text"]
    assert cleaned["text"].count("<!-- wp:paragraph -->") == len(PARAGRAPHS)
    # What is refused is still there to be corrected.
    assert any("Not stored: this text was taken for injected spam" in each for each in refused["notices"])
    assert refused["text"].count(BLOCK) == 8
    assert any("This is held for a person to look at" in each for each in held["notices"])
    assert (held["title"], held["status"]) == (BLOCK, "pending")
    assert "Not spam" in held["answers"]

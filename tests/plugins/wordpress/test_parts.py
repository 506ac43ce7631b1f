"""The list of templates, patterns and menus that somebody should look at."""

from __future__ import annotations

import html
import re

import pytest

from plugins.wordpress.doors import (
    BLOCK,
    BOTH,
    HOSTILE,
    MARKS,
    NEW,
    PARAGRAPHS,
    SPAM,
    button,
    by_code,
    post,
    press,
    quoted,
    settings,
)
from plugins.wordpress.server import Service, WordPress, text_of
from plugins.wordpress.test_dashboard import clear, widget
from plugins.wordpress.test_pages import assert_harmless

PARTS = ("wp_block", "wp_navigation", "wp_template", "wp_template_part")
PATH = "/wp-admin/tools.php?page=moderation-parts"
TEXT = f"<!-- wp:paragraph -->\n<p>{BLOCK}</p>\n<!-- /wp:paragraph -->"
MASKED = "澳*******"


def rows(page: str) -> list[str]:
    """The rows of the list, the first one first."""
    table = text_of(page).partition("moderation-found")[2].partition("</table>")[0]
    return re.findall(r"<tr>(<td>.*?)</tr>", table, re.DOTALL)


def row_of(page: str, name: str) -> str:
    (found,) = [row for row in rows(page) if name in row]
    return found


@BOTH
def test_what_is_held_of_each_type_is_listed_and_published_again(site: WordPress, service: Service) -> None:
    clear(site)
    numbers = {kind: by_code(site, f"组件-{kind}-", TEXT, post_type=kind) for kind in PARTS}
    by_code(site, "文章", SPAM)
    cookie = site.login()
    said = widget(site, cookie)
    leads = re.findall(r'href="([^"]*page=moderation-parts[^"]*)">Held \((\d)\)</a>', said)
    assert sorted(re.findall(r"type=(\w+)", " ".join(url for url, _ in leads))) == sorted(PARTS)
    assert {count for _, count in leads} == {"1"}
    page = site.get(PATH, cookie).text
    assert len(rows(page)) == len(PARTS)
    names = {
        "wp_block": "Pattern" if site.version == "6.8" else "Reusable block",
        "wp_navigation": "Navigation Menu",
        "wp_template": "Template",
        "wp_template_part": "Template Part",
    }
    day = site.php("return wp_date(get_option('date_format'));")
    for kind, number in numbers.items():
        row = row_of(page, f"组件-{kind}-")
        assert f"<td>{names[kind]}</td>" in row
        assert re.search(rf'<time datetime="[\d:T+-]+">{day} [^<]+</time>', row)
        assert "by admin" in row
        finding = re.search(r'<div class="moderation-finding">(text, gambling: .*?)</div>', row)
        assert finding
        # What was found, masked, and the words that speak for it.
        assert re.search(rf"“{re.escape(MASKED)}.*” \((?:\S\**; )+\S\**\)", finding[1])
        # WordPress finds no template that is pending: its text is here.
        assert (BLOCK in html.unescape(row)) is (kind in ("wp_template", "wp_template_part"))
        edited = re.search(r'<a class="row-title" href="([^"]+)"', row)
        assert bool(edited) is (kind in ("wp_block", "wp_navigation"))
        if edited:
            assert re.search(rf"\b(post|postId)={number}\b", html.unescape(edited[1]))
    for url, _ in leads:
        kind = html.unescape(url).partition("type=")[2].partition("&")[0]
        (row,) = rows(site.get(html.unescape(url).removeprefix(site.url), cookie).text)
        assert f"组件-{kind}-" in row
    told = len(service.rows("feedback"))
    for kind, number in numbers.items():
        if kind == "wp_template_part":
            continue
        press(site, cookie, page, "post", number, "not_spam")
        found = post(site, number)
        assert (found["text"], found["status"], found["record"]) == (TEXT, "publish", None)
    # What was to be spam leads back to this list: WordPress has none of its own for such a type.
    url = button(page, "post", numbers["wp_template_part"], "spam")
    answer = site.get(url.removeprefix(site.url), cookie)
    assert answer.status == 302
    assert answer.headers["location"].endswith("tools.php?page=moderation-parts&type=wp_template_part")
    after = text_of(site.get(answer.headers["location"].removeprefix(site.url), cookie).text)
    assert "Moved to the trash. The service was told." in after
    assert rows(after) == []
    assert "<p>Nothing.</p>" in after
    assert post(site, numbers["wp_template_part"])["status"] == "trash"
    assert [row["is_spam"] for row in service.rows("feedback")[told:]] == [0, 0, 0, 1]
    assert "moderation-parts&" not in widget(site, cookie)


@BOTH
def test_an_answer_in_the_list_is_to_what_it_has_shown(site: WordPress) -> None:
    clear(site)
    number = by_code(site, "页眉", TEXT, post_type="wp_template")
    cookie = site.login()
    page = site.get(PATH, cookie).text
    worse = quoted(TEXT + SPAM)
    site.php(f"wp_update_post(wp_slash(['ID' => {number}, 'post_content' => {worse}]));", "editor")
    press(site, cookie, page, "post", number, "not_spam")
    page = site.get(PATH, cookie).text
    assert "The text has changed since you saw it." in page
    assert post(site, number)["status"] == "pending"
    # Who has stored it last, not who has made it.
    assert "by editor" in row_of(page, "页眉")
    url = button(page, "post", number, "not_spam").removeprefix(site.url)
    assert site.get(re.sub(r"_wpnonce=\w+", "_wpnonce=0123456789", url), cookie).status == 403
    assert site.get(url, site.login("editor")).status == 403
    assert post(site, number)["status"] == "pending"


@NEW
def test_each_sees_the_types_that_are_theirs_to_decide_about(site: WordPress) -> None:
    clear(site)
    author = site.users["author"]["id"]
    for kind in PARTS:
        by_code(site, f"组件-{kind}-", TEXT, post_type=kind, post_author=author)
    answer = site.get(PATH, site.login("author"))
    assert (answer.status, "组件" in answer.text, "moderation-parts" in answer.text) == (403, False, False)
    # An editor decides about patterns; templates and menus are for who may change how the site looks.
    editor = site.login("editor")
    page = site.get(PATH, editor).text
    assert len(rows(page)) == 1
    assert "组件-wp_block-" in rows(page)[0]
    assert "type=wp_template" not in page
    assert rows(site.get(f"{PATH}&type=wp_template&moderation=held", editor).text) == rows(page)
    assert re.findall(r"moderation-parts&#038;type=(\w+)", widget(site, editor)) == ["wp_block"]
    settings(site, types=["post"])
    assert site.get(PATH, site.login()).status == 403


@NEW
def test_the_states_and_the_pages_of_the_list(site: WordPress) -> None:
    clear(site)
    number = by_code(site, "页眉", TEXT, post_type="wp_block")
    site.php(f"""
        $row = Moderation\\Record::get('post', {number});
        for ($i = 0; $i < 24; $i++) {{
            $id = wp_insert_post(['post_title' => "组件 $i 号", 'post_type' => 'wp_block', 'post_status' => 'draft']);
            Moderation\\Record::set('post', $id, ['state' => $i < 21 ? 'flagged' : 'cleaned'] + $row);
        }}
    """)
    cookie = site.login()
    first, second = (site.get(f"{PATH}&paged={at}", cookie).text for at in (1, 2))
    assert (len(rows(first)), len(rows(second))) == (20, 2)
    assert "页眉" in rows(second)[-1]
    assert "paged=2" in first
    # What is cleaned stands on the site without it, and waits for nobody.
    assert len(rows(site.get(f"{PATH}&moderation=cleaned", cookie).text)) == 3
    assert "Cleaned (3)" in first
    assert "Flagged (21)" in widget(site, cookie)
    assert "Cleaned" not in widget(site, cookie)


@NEW
@pytest.mark.parametrize("kind", ["wp_block", "wp_template"])
def test_hostile_strings_are_harmless_in_the_list(site: WordPress, kind: str) -> None:
    clear(site)
    settings(site, key=HOSTILE, on_clean="hold", on_reject="hold")
    escaped = html.escape(f"{BLOCK}_{MARKS}")
    text = "".join(f"<p>{each}</p>" for each in PARAGRAPHS) + f"<p>{escaped}</p></pre></details><img src=x>"
    number = by_code(site, f"页眉|{escaped}", text, post_type=kind)
    site.php(f"wp_update_user(['ID' => {site.users['admin']['id']}, 'display_name' => {quoted(MARKS)}]);")
    page = site.get(PATH, site.login()).text
    site.php(f"wp_update_user(['ID' => {site.users['admin']['id']}, 'display_name' => 'admin']);")
    assert post(site, number)["record"]["state"] == "held"
    (row,) = rows(page)
    assert MASKED in row
    # Where spam stands in the name, it is masked there too.
    assert BLOCK not in row.partition("<details>")[0]
    assert_harmless(page)

"""The page of settings, the languages, and what is left when the plug-in is deleted."""

from __future__ import annotations

import gettext
import json
import re

from plugins.wordpress.doors import BLOCK, BOTH, KEY, NEW, PLACES, SPAM, by_code, by_rest, post, press_test
from plugins.wordpress.server import PLUGIN, Service, WordPress, free_port, text_of


def save_settings(site: WordPress, cookie: str, fields: dict[str, str]) -> str:
    """What the page says after the form is sent."""
    page = site.get("/wp-admin/options-general.php?page=moderation", cookie).text
    nonce = re.search(r'name="_wpnonce" value="(\w+)"', page)
    assert nonce
    given = {f"moderation_settings[{name}]": value for name, value in fields.items()}
    given |= {"option_page": "moderation", "action": "update", "_wpnonce": nonce[1]}
    given["_wp_http_referer"] = "/wp-admin/options-general.php?page=moderation"
    answer = site.form("/wp-admin/options.php", given, cookie)
    assert answer.status == 302, text_of(answer.text)[-2000:]
    return text_of(site.get(answer.headers["location"].removeprefix(site.url), cookie).text)


@BOTH
def test_the_page_of_settings_stores_and_tests_them(site: WordPress, service: Service) -> None:
    cookie = site.login()
    said = press_test(site, cookie)
    assert "The service answers: model zh-headspam@" in said
    assert "judged “clean”" in said
    assert KEY not in site.get("/wp-admin/options-general.php?page=moderation", cookie).text
    assert f"••••••••{KEY[-2:]}" in said
    # An empty field keeps the key; a wrong one is said to be wrong.
    assert "Settings saved" in save_settings(site, cookie, {"key": "", "timeout": "99", "when_down": "closed"})
    stored = site.php("return get_option('moderation_settings');")
    assert (stored["key"], stored["timeout"], stored["when_down"]) == (KEY, 30, "closed")
    save_settings(site, cookie, {"key": "notthekey123"})
    assert "does not know this key" in press_test(site, cookie)
    assert "the former one was kept" in save_settings(site, cookie, {"url": "javascript:alert(1)", "key": "a b"})
    assert site.php("return get_option('moderation_settings')['url'];") == service.url
    save_settings(site, cookie, {"key": KEY, "url": f"http://127.0.0.1:{free_port()}"})
    assert "cannot be reached" in press_test(site, cookie)
    save_settings(site, cookie, {"url": site.url})
    assert "is not the moderation service" in press_test(site, cookie)
    save_settings(site, cookie, {"forget_key": "1"})
    assert "No key is set" in press_test(site, cookie)


@NEW
def test_only_administrators_see_settings(site: WordPress) -> None:
    cookie = site.login("editor")
    assert site.get("/wp-admin/options-general.php?page=moderation", cookie).status == 403
    assert site.form("/wp-admin/admin-post.php", {"action": "moderation_test"}, cookie).status == 403


@NEW
def test_deleting_the_plug_in_keeps_what_editors_wrote(site: WordPress) -> None:
    title, text, _ = PLACES["body"]
    number = by_rest(site, title, text)
    site.php("define('WP_UNINSTALL_PLUGIN', 'x'); require WP_PLUGIN_DIR . '/moderation/uninstall.php';")
    assert site.php("return get_option('moderation_settings');") is False
    assert KEY not in json.dumps(site.php("return wp_load_alloptions();"))
    assert post(site, number)["original"]["html"] == text


def test_every_sentence_is_there_in_chinese() -> None:
    languages = PLUGIN / "languages"
    pattern = re.compile(r"__\( '((?:[^'\\]|\\.)*)', 'moderation' \)")
    used = {found for path in PLUGIN.rglob("*.php") for found in pattern.findall(path.read_text("utf-8"))}
    with (languages / "moderation-zh_CN.mo").open("rb") as file:
        chinese = gettext.GNUTranslations(file)
    assert len(used) > 70
    assert [text for text in used if chinese.gettext(text) == text] == []
    places = re.compile(r"%(?:\d\$)?[sd]")
    for text in used:
        assert sorted(places.findall(chinese.gettext(text))) == sorted(places.findall(text))
    # What can be read and what is run say the same.
    pairs = re.findall(
        r'^msgid "(.+)"\nmsgstr "(.+)"$', (languages / "moderation-zh_CN.po").read_text("utf-8"), re.MULTILINE
    )
    assert used < {text for text, _ in pairs}
    assert [text for text, said in pairs if chinese.gettext(text) != said] == []
    assert {text for text, _ in pairs} == set(
        re.findall(r'^msgid "(.+)"$', (languages / "moderation.pot").read_text("utf-8"), re.MULTILINE)
    )


@BOTH
def test_a_chinese_site_reads_it_in_chinese(site: WordPress) -> None:
    by_code(site, BLOCK, SPAM)
    site.php("update_option('tests_locale', 'zh_CN');")
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    settings_page = site.get("/wp-admin/options-general.php?page=moderation", cookie).text
    answer = site.rest("POST", "/wp/v2/posts", {"title": BLOCK, "content": SPAM, "status": "publish"})
    site.php("delete_option('tests_locale');")
    assert "不是垃圾内容" in page
    assert "暂缓发布" in page
    assert "测试已保存的设置" in settings_page
    assert (answer.status, answer.json["message"][:4]) == (422, "未保存：")

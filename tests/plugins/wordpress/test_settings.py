"""The page of settings, the languages, and what is left when the plug-in is deleted."""

from __future__ import annotations

import gettext
import json
import re

import pytest

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    KEY,
    MIXED,
    NEW,
    PLACES,
    SPAM,
    TITLE,
    by_code,
    by_rest,
    post,
    press,
    press_test,
    quoted,
    say_by_form,
    settings,
)
from plugins.wordpress.fetch import missing
from plugins.wordpress.server import PLUGIN, Service, WordPress, free_port, start, text_of


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
    stored = site.php("return get_option('moderation_settings') + ['key' => get_option('moderation_service_key')];")
    assert (stored["key"], stored["timeout"], stored["when_down"]) == (KEY, 30, "closed")
    save_settings(site, cookie, {"key": "notthekey123"})
    assert "does not know this key" in press_test(site, cookie)
    assert "the former one was kept" in save_settings(site, cookie, {"url": "javascript:alert(1)", "key": "a b"})
    assert site.php("return get_option('moderation_settings')['url'];") == service.url
    save_settings(site, cookie, {"key": KEY, "url": f"http://127.0.0.1:{free_port()}"})
    assert "cannot be reached" in press_test(site, cookie)
    save_settings(site, cookie, {"url": site.url, "key": KEY})
    assert "is not the moderation service" in press_test(site, cookie)
    save_settings(site, cookie, {"forget_key": "1"})
    assert "No key is set" in press_test(site, cookie)


@NEW
def test_only_administrators_see_settings(site: WordPress) -> None:
    cookie = site.login("editor")
    assert site.get("/wp-admin/options-general.php?page=moderation", cookie).status == 403
    assert site.form("/wp-admin/admin-post.php", {"action": "moderation_test"}, cookie).status == 403


@BOTH
def test_a_key_goes_to_no_other_host(site: WordPress, service: Service) -> None:
    cookie = site.login()
    # Another path of the same host is no other host.
    save_settings(site, cookie, {"url": f"{service.url}/"})
    assert site.php("return Moderation\\Settings::key();") == KEY
    heard = site.php(f"""
        $heard = [];
        add_filter('pre_http_request', function ($answer, $args, $url) use (&$heard) {{
            $heard[] = [$url, $args['headers']['Authorization'] ?? ''];
            return new WP_Error('http', 'no');
        }}, 10, 3);
        $set = Moderation\\Settings::sanitize(['url' => 'https://elsewhere.example']);
        update_option('moderation_settings', $set);
        wp_insert_post(wp_slash({quoted({"post_title": TITLE, "post_content": ARTICLE, "post_status": "publish"})}));
        return $heard;
    """)
    # There is no key to send, so nothing is sent.
    assert heard == []
    assert site.php("return Moderation\\Settings::key();") == ""
    settings(site, url=service.url, key=KEY)
    said = save_settings(site, cookie, {"url": "https://elsewhere.example"})
    assert "enter the key that is known there" in said
    assert "••••" not in said
    # With the new key beside it the address is taken at once.
    assert "enter the key that is known there" not in save_settings(
        site, cookie, {"url": "https://third.example", "key": "anotherkey12"}
    )
    assert site.php("return [Moderation\\Settings::url(), Moderation\\Settings::key()];") == [
        "https://third.example",
        "anotherkey12",
    ]


@BOTH
def test_the_key_is_loaded_only_where_it_is_used(site: WordPress) -> None:
    cookie = site.login()
    save_settings(site, cookie, {"key": "anotherkey12"})
    assert site.php("return get_option('moderation_service_key');") == "anotherkey12"
    assert "anotherkey12" not in json.dumps(site.php("return wp_load_alloptions();"))


@NEW
def test_plain_http_beyond_this_machine_is_warned_of(site: WordPress) -> None:
    cookie = site.login()
    warning = "whoever is on the way reads the key"
    for url, is_warned in [
        ("http://127.0.0.1:8000", False),
        ("http://localhost:8000", False),
        ("http://[::1]:8000", False),
        ("https://moderation.example", False),
        ("http://moderation.example", True),
        ("http://127.0.0.1.example", True),
        ("http://10.0.0.7:8000", True),
    ]:
        settings(site, url=url)
        page = site.get("/wp-admin/options-general.php?page=moderation", cookie).text
        assert (warning in page) == is_warned, url


@NEW
def test_the_key_of_a_network_is_not_a_site_s_to_send(site: WordPress) -> None:
    settings(site, url="https://elsewhere.example", key="ownkey123456")
    url, key, hint = site.php("""
        define('MODERATION_KEY', 'networkkey12');
        return [Moderation\\Settings::url(), Moderation\\Settings::key(), Moderation\\Settings::key_hint()];
    """)
    assert (url, key) == ("http://127.0.0.1:8000", "networkkey12")
    assert "12" not in hint
    url, key = site.php("""
        define('MODERATION_KEY', 'networkkey12');
        define('MODERATION_URL', 'https://moderation.example/');
        return [Moderation\\Settings::url(), Moderation\\Settings::key()];
    """)
    assert (url, key) == ("https://moderation.example", "networkkey12")


LEFT = """
    global $wpdb;
    $names = $wpdb->get_col("SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE '%moderation\\_%'");
    // WordPress has some of such a name itself.
    $names = array_diff($names, ['comment_moderation', 'moderation_keys', 'moderation_notify']);
    $posts = $wpdb->get_col("SELECT meta_key FROM {$wpdb->postmeta} WHERE meta_key LIKE '\\_moderation%'");
    $comments = $wpdb->get_col("SELECT meta_key FROM {$wpdb->commentmeta} WHERE meta_key LIKE '\\_moderation%'");
    return array_values(array_unique(array_merge($names, $posts, $comments)));
"""
DELETE = "define('WP_UNINSTALL_PLUGIN', 'x'); require WP_PLUGIN_DIR . '/moderation/uninstall.php';"


@BOTH
def test_deleting_the_plug_in_leaves_nothing_of_it(site: WordPress, service: Service) -> None:
    title, text, after = PLACES["body"]
    number = by_rest(site, title, text)
    say_by_form(site, MIXED, number)
    held = by_code(site, BLOCK, SPAM)
    cookie = site.login()
    service.stop()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", held, "not_spam")
    found = set(site.php(LEFT))
    assert {"_moderation", "_moderation_original", "_moderation_unsent", "moderation_service_key"} <= found
    assert any(name.startswith("_transient_moderation_said_") for name in found)
    site.php("define('MODERATION_KEEP_ORIGINALS', true);" + DELETE)
    assert site.php(LEFT) == ["_moderation_original"]
    site.php(DELETE)
    assert site.php(LEFT) == []
    assert post(site, number)["text"].strip() == after


def test_a_network_is_left_clean_and_each_site_has_its_own_key(
    tmp_path_factory: pytest.TempPathFactory, service: Service
) -> None:
    if reason := missing("6.8"):
        pytest.skip(reason)
    found = start(tmp_path_factory.mktemp("network"), "6.8")
    try:
        found.php(f"""
            require_once ABSPATH . 'wp-admin/includes/upgrade.php';
            global $wpdb;
            foreach ($wpdb->tables('ms_global') as $table => $name) $wpdb->$table = $name;
            install_network();
            populate_network(1, '127.0.0.1:{found.port}', 'admin@example.org', 'network', '/', false);
        """)
        config = found.folder / "site" / "wp-config.php"
        more = {
            "MULTISITE": "true",
            "SUBDOMAIN_INSTALL": "false",
            "DOMAIN_CURRENT_SITE": f"'127.0.0.1:{found.port}'",
            "PATH_CURRENT_SITE": "'/'",
            "SITE_ID_CURRENT_SITE": "1",
            "BLOG_ID_CURRENT_SITE": "1",
        }
        # A network knows its sites by what was asked for, also where nothing was.
        lines = f"$_SERVER += ['HTTP_HOST' => '127.0.0.1:{found.port}', 'REMOTE_ADDR' => '127.0.0.1'];\n"
        lines += "".join(f"define('{name}', {value});\n" for name, value in more.items())
        config.write_text(config.read_text("utf-8").replace("<?php\n", f"<?php\n{lines}", 1), "utf-8")
        second = found.php(f"""
            require_once ABSPATH . 'wp-admin/includes/plugin.php';
            $error = activate_plugin('moderation/moderation.php', '', true);
            if ($error) return $error->get_error_message();
            $id = wpmu_create_blog('127.0.0.1:{found.port}', '/second/', 'second', 1);
            if (is_wp_error($id)) return $id->get_error_message();
            foreach ([1, $id] as $site) {{
                switch_to_blog($site);
                Moderation\\Settings::sanitize(['key' => "keyofsite000$site"]);
                update_option('moderation_settings', ['url' => 'http://127.0.0.1:9']);
                Moderation\\Record::set('post', 1, ['state' => 'held']);
                restore_current_blog();
            }}
            return $id;
        """)
        assert isinstance(second, int), second
        keys = f"""
            $found = [];
            foreach ([1, {second}] as $site) {{
                switch_to_blog($site);
                $found[] = [get_option('moderation_service_key'), (function () {{ {LEFT} }})()];
                restore_current_blog();
            }}
            return $found;
        """
        before = found.php(keys)
        assert [key for key, _ in before] == ["keyofsite0001", f"keyofsite000{second}"]
        assert all("_moderation" in left for _, left in before)
        found.php(DELETE)
        assert found.php(keys) == [[False, []], [False, []]]
    finally:
        found.stop()


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

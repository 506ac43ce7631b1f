"""What stands beside posts: titles for search engines, addresses, pictures, tags, names of users and of the site."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    NEW,
    TITLE,
    by_code,
    post,
    quoted,
    settings,
)
from plugins.wordpress.server import Service, WordPress, text_of

PATH = "/wp-admin/tools.php?page=moderation-refused"
TITLES = ("_yoast_wpseo_title", "rank_math_title", "_aioseo_title", "_seopress_titles_title")
TEXTS = ("_yoast_wpseo_metadesc", "rank_math_description", "_aioseo_description", "_seopress_titles_desc")
SUMMARY = "工程师走访十二家自来水厂，记录仪器的运行情况和校准周期。"
# Too weak to be cut, too strong to pass.
DOUBTFUL = "澳门新葡京娱乐场"


@pytest.fixture(autouse=True)
def nothing_refused(site: WordPress) -> None:
    site.php("foreach (array_keys(Moderation\\Refused::all()) as $name) Moderation\\Refused::forget($name);")


def refused(site: WordPress) -> list[dict[str, Any]]:
    """What was refused, the first one first."""
    found: list[dict[str, Any]] = site.php("return array_values(Moderation\\Refused::all());")
    return found


def meta(site: WordPress, number: int, key: str, kind: str = "post") -> str:
    found: str = site.php(f"return get_metadata('{kind}', {number}, {quoted(key)}, true);")
    return found


def write(site: WordPress, number: int, key: str, text: str, user: str = "admin", kind: str = "post") -> Any:
    return site.php(f"return update_metadata('{kind}', {number}, {quoted(key)}, wp_slash({quoted(text)}));", user)


def answer(site: WordPress, cookie: str, what: str, at: int = 0) -> str:
    """Presses a button of the page of what was refused; what is said then."""
    page = site.get(PATH, cookie).text
    urls = [html.unescape(url) for url in re.findall(r'href="([^"]*action=moderation_refused[^"]*)"', page)]
    url = [each for each in urls if f"answer={what}&" in each][at]
    assert site.get(url.removeprefix(site.url), cookie).status == 302
    return text_of(site.get(PATH, cookie).text)


# ----------------------------------------------------------------------------------------- what search engines are told


@BOTH
@pytest.mark.parametrize("key", [*TITLES, *TEXTS])
def test_what_search_engines_are_told_is_cut_or_stays_as_it_was(site: WordPress, key: str) -> None:
    number = by_code(site, TITLE, ARTICLE)
    fine = TITLE if key in TITLES else SUMMARY
    assert write(site, number, key, fine) not in (False, None)
    assert (meta(site, number, key), refused(site)) == (fine, [])
    # All of it is spam: what stood there stays.
    assert write(site, number, key, BLOCK) is True
    assert meta(site, number, key) == fine
    assert write(site, number, key, f"{TITLE} 今年_{BLOCK}") is True
    assert meta(site, number, key) == f"{TITLE} 今年"
    rows = refused(site)
    assert [row["fields"] for row in rows] == [{f"beside:{key}": BLOCK}, {f"beside:{key}": f"{TITLE} 今年_{BLOCK}"}]
    assert [row["is_cut"] for row in rows] == [False, True]
    assert BLOCK not in json.dumps([row["findings"] for row in rows], ensure_ascii=False)
    # The post itself is not what is at fault.
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]) == ("publish", ARTICLE, None)
    assert site.php(f"return get_post_meta({number}, {quoted(key)});") == [f"{TITLE} 今年"]


@BOTH
def test_by_whatever_door_it_comes(site: WordPress) -> None:
    key = "rank_math_description"
    row = {"post_title": TITLE, "post_content": ARTICLE, "post_status": "publish", "meta_input": {key: BLOCK}}
    number = int(site.php(f"return wp_insert_post(wp_slash({quoted(row)}));", "author"))
    assert (post(site, number)["status"], meta(site, number, key)) == ("publish", "")
    assert site.php(f"return add_post_meta({number}, {quoted(key)}, {quoted(BLOCK)}, true);", "author") is True
    assert meta(site, number, key) == ""
    write(site, number, key, SUMMARY)
    by_number = f"""
        global $wpdb;
        $mid = $wpdb->get_var("SELECT meta_id FROM $wpdb->postmeta WHERE post_id = {number} AND meta_key = '{key}'");
        return update_metadata_by_mid('post', (int) $mid, {quoted(BLOCK)});
    """
    assert site.php(by_number, "admin") is True
    assert meta(site, number, key) == SUMMARY
    # Sent again and again, it is one.
    assert len(refused(site)) == 1
    # What another plug-in keeps, and what no plug-in has heard of, is left alone.
    write(site, number, "some_key", BLOCK)
    assert meta(site, number, "some_key") == BLOCK


@BOTH
def test_what_stands_beside_a_draft_is_judged_when_it_is_published(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE, post_status="draft")
    write(site, number, "_yoast_wpseo_title", BLOCK)
    assert (meta(site, number, "_yoast_wpseo_title"), refused(site)) == (BLOCK, [])
    site.php(f"wp_update_post(['ID' => {number}, 'post_status' => 'publish']);", "author")
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]["state"]) == ("pending", ARTICLE, "held")
    assert [each["field"] for each in found["record"]["findings"]] == ["beside:_yoast_wpseo_title"]
    assert "title for search engines" in site.get("/wp-admin/edit.php", site.login()).text
    # Put right, it passes.
    write(site, number, "_yoast_wpseo_title", TITLE)
    site.php(f"wp_update_post(['ID' => {number}, 'post_status' => 'publish']);")
    assert (post(site, number)["status"], post(site, number)["record"]) == ("publish", None)


@BOTH
def test_an_audit_finds_what_stands_beside_posts_already(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE)
    put = f"remove_all_filters('add_post_metadata'); add_post_meta({number}, '_seopress_titles_desc', {quoted(BLOCK)});"
    site.php(put)
    found = site.php(f"return moderation_audit(['ids' => [{number}]]);", "admin")
    assert (found["flagged"], found["rows"][0]["outcome"]) == (1, "flagged")
    assert post(site, number)["record"]["findings"][0]["field"] == "beside:_seopress_titles_desc"


@NEW
def test_more_fields_than_pages_have_are_judged_too(site: WordPress) -> None:
    keys = [f"rank_math_{each}title" for each in ("", "facebook_", "twitter_")]
    keys += ["_aioseo_title", "_aioseo_og_title", "_aioseo_twitter_title", "_aioseop_title", "_seopress_titles_title"]
    number = by_code(site, TITLE, ARTICLE, post_status="draft")
    for key in keys[:-1]:
        write(site, number, key, f"{TITLE} {key}")
    write(site, number, keys[-1], BLOCK)
    site.php(f"wp_update_post(['ID' => {number}, 'post_status' => 'publish']);")
    found = post(site, number)
    assert found["status"] == "pending"
    assert [each["field"] for each in found["record"]["findings"]] == [f"beside:{keys[-1]}"]


@BOTH
def test_what_was_refused_can_be_had_back(site: WordPress, service: Service) -> None:
    number = by_code(site, TITLE, ARTICLE)
    key = "_yoast_wpseo_metadesc"
    write(site, number, key, SUMMARY)
    write(site, number, key, BLOCK)
    cookie = site.login()
    page = text_of(site.get(PATH, cookie).text)
    assert f"<pre>{BLOCK}</pre>" in page
    assert f"description for search engines (#{number})" in page
    assert "Refused texts (1)" in site.get("/wp-admin/", cookie).text
    # Somebody has written something else meanwhile.
    write(site, number, key, SUMMARY + "附图。")
    assert "What stands there has changed since" in answer(site, cookie, "not_spam")
    write(site, number, key, SUMMARY)
    told = len(service.rows("feedback"))
    assert "Not spam: this text passes from now on. The service was told." in answer(site, cookie, "not_spam")
    assert (meta(site, number, key), refused(site)) == (BLOCK, [])
    assert [row["is_spam"] for row in service.rows("feedback")[told:]] == [0]
    # It holds the post no more, and may be stored again.
    site.php(f"wp_update_post(wp_slash(['ID' => {number}, 'post_excerpt' => {quoted(SUMMARY)}]));")
    assert (post(site, number)["status"], post(site, number)["record"]) == ("publish", None)
    write(site, number, key, BLOCK + BLOCK)
    assert "Left as it is." in answer(site, cookie, "forget")
    assert (meta(site, number, key), refused(site)) == (BLOCK, [])


@NEW
def test_answers_need_their_nonce_and_the_right_to_give_them(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE)
    write(site, number, "rank_math_title", BLOCK)
    site.php(f"update_option('blogname', {quoted(BLOCK)});", "admin")
    cookie, editor = site.login(), site.login("editor")
    urls = re.findall(r'href="([^"]*action=moderation_refused[^"]*)"', site.get(PATH, cookie).text)
    assert len(urls) == 4
    # An editor decides about posts, not about the name of the site; an author about neither.
    assert len(re.findall(r"action=moderation_refused", site.get(PATH, editor).text)) == 2
    assert site.get(PATH, site.login("author")).status == 403
    for url in urls:
        path = html.unescape(url).removeprefix(site.url)
        assert site.get(path, editor).status == 403
        assert site.get(re.sub(r"_wpnonce=\w+", "_wpnonce=0123456789", path), cookie).status == 403
    own = site.php("return array_keys(Moderation\\Refused::all())[1];")
    name = f"moderation_refused_{own}_not_spam"
    nonce = site.get(f"/wp-admin/admin-ajax.php?action=tests_nonce&name={name}", editor).text.strip()
    query = f"action=moderation_refused&name={own}&answer=not_spam&_wpnonce={nonce}"
    assert site.get(f"/wp-admin/admin-post.php?{query}", editor).status == 403
    assert len(refused(site)) == 2


@NEW
def test_who_has_sent_it_is_told(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE)
    write(site, number, "rank_math_title", BLOCK)
    page = text_of(site.get("/wp-admin/edit.php", site.login()).text)
    assert f"title for search engines (#{number}): not stored, since it was taken for injected spam" in page
    assert "澳****" in page
    assert BLOCK not in page


@BOTH
def test_what_cannot_be_judged_does_as_it_is_set(site: WordPress, service: Service) -> None:
    number = by_code(site, TITLE, ARTICLE)
    service.stop()
    write(site, number, "rank_math_title", TITLE)
    assert meta(site, number, "rank_math_title") == TITLE
    assert post(site, number)["record"]["state"] == "unchecked"
    settings(site, when_down="closed")
    write(site, number, "rank_math_description", SUMMARY)
    assert meta(site, number, "rank_math_description") == ""
    (row,) = refused(site)
    assert "cannot be reached" in row["why"]
    assert row["fields"] == {"beside:rank_math_description": SUMMARY}


@NEW
def test_it_can_be_switched_off(site: WordPress) -> None:
    settings(site, fields=False)
    number = by_code(site, TITLE, ARTICLE)
    write(site, number, "rank_math_title", BLOCK)
    assert meta(site, number, "rank_math_title") == BLOCK
    settings(site, fields=True)


# ------------------------------------------------------------------------------------------------------------ addresses


@BOTH
@pytest.mark.parametrize("slug", ["aomen-xinpujing-yulechang-kaihu", "澳门新葡京娱乐场-真人百家乐开户", "bet365-2026"])
def test_an_address_of_spam_holds_the_post(site: WordPress, slug: str) -> None:
    number = by_code(site, TITLE, ARTICLE, post_name=slug)
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]["state"]) == ("pending", ARTICLE, "held")
    assert {each["field"] for each in found["record"]["findings"]} == {"slug"}


@BOTH
def test_honest_addresses_pass(site: WordPress) -> None:
    for slug in ("shuizhi-jiance-yiqi-zoufang", "water-quality-visits", "news-20260412", "自来水厂-走访", "p-7"):
        found = post(site, by_code(site, TITLE, ARTICLE, post_name=slug))
        assert (found["status"], found["record"]) == ("publish", None), slug


# ------------------------------------------------------------------------------------------------------------- pictures


def picture(site: WordPress, **row: str) -> int:
    given = {"post_mime_type": "image/png", "post_status": "inherit", **row}
    return int(site.php(f"return wp_insert_attachment(wp_slash({quoted(given)}), '2026/04/p.png');", "author"))


@BOTH
def test_texts_of_pictures_are_cut_or_stay_as_they_were(site: WordPress) -> None:
    number = picture(site, post_title=TITLE, post_excerpt=SUMMARY)
    assert refused(site) == []
    row = {"ID": number, "post_title": BLOCK, "post_excerpt": f"{SUMMARY}{BLOCK}", "post_content": SUMMARY}
    site.php(f"wp_update_post(wp_slash({quoted(row)}));", "author")
    found = post(site, number)
    assert (found["title"], found["excerpt"], found["text"]) == (TITLE, SUMMARY, SUMMARY)
    (kept,) = refused(site)
    assert kept["fields"] == {"title": BLOCK, "summary": f"{SUMMARY}{BLOCK}"}
    assert (kept["what"], kept["id"]) == ("attachment", number)
    # One that is new has no former text.
    other = picture(site, post_title=f"{BLOCK}", post_excerpt=SUMMARY)
    found = post(site, other)
    assert (found["title"], found["excerpt"], found["status"]) == ("", SUMMARY, "inherit")
    assert "%e6%be%b3" not in found["slug"]
    assert refused(site)[-1]["id"] == other
    answer(site, site.login(), "not_spam")
    assert post(site, other)["title"] == BLOCK
    for text, stored in [(f"{TITLE}_{BLOCK}", TITLE), (BLOCK, TITLE)]:
        write(site, number, "_wp_attachment_image_alt", text, "author")
        assert meta(site, number, "_wp_attachment_image_alt") == stored


@NEW
def test_texts_of_pictures_by_rest(site: WordPress) -> None:
    number = picture(site, post_title=TITLE)
    row = {"alt_text": BLOCK, "caption": BLOCK, "title": "浊度计"}
    found = site.rest("POST", f"/wp/v2/media/{number}", row)
    assert found.status == 200, found.text
    assert (found.json["alt_text"], found.json["caption"]["raw"], found.json["title"]["raw"]) == ("", "", "浊度计")


# ----------------------------------------------------------------------------------------------------------------- tags


@BOTH
def test_tags_are_cut_or_refused(site: WordPress) -> None:
    assert site.rest("POST", "/wp/v2/tags", {"name": "水质监测"}).status in (201, 400)
    found = site.rest("POST", "/wp/v2/tags", {"name": BLOCK})
    assert (found.status, found.json["code"]) == (422, "moderation_rejected")
    assert BLOCK not in found.text
    cut = site.rest("POST", "/wp/v2/tags", {"name": f"自来水厂水质监测_{BLOCK}", "description": SUMMARY})
    assert (cut.status, cut.json["name"], cut.json["description"]) == (201, "自来水厂水质监测", SUMMARY)
    assert "%e6%be%b3" not in cut.json["slug"]
    described = site.rest("POST", "/wp/v2/tags", {"name": "浊度", "description": f"{SUMMARY}{BLOCK}"})
    assert (described.status, meta_of_term(site, described.json["id"])["description"]) == (201, SUMMARY)
    # Changed, it stays what it was.
    number = cut.json["id"]
    site.rest("POST", f"/wp/v2/tags/{number}", {"name": BLOCK, "description": BLOCK})
    assert meta_of_term(site, number) == {"name": "自来水厂水质监测", "description": SUMMARY, "slug": cut.json["slug"]}
    site.rest("POST", f"/wp/v2/tags/{number}", {"slug": "aomen-xinpujing-yulechang-kaihu"})
    assert meta_of_term(site, number)["slug"] == cut.json["slug"]
    kept = refused(site)
    assert [row["what"] for row in kept] == ["new_term", "new_term", "term", "term", "term"]
    assert kept[3]["fields"] == {"title": BLOCK, "html": BLOCK}
    # It is created, or stored, where a person says so.
    cookie = site.login()
    answer(site, cookie, "not_spam", 1)
    assert meta_of_term(site, number)["name"] == BLOCK
    answer(site, cookie, "not_spam", -1)
    assert site.php(f"return (bool) term_exists({quoted(BLOCK)}, 'post_tag');") is True
    for name in (BLOCK, "自来水厂水质监测", "浊度"):
        site.php(f"""
            $term = get_term_by('name', {quoted(name)}, 'post_tag');
            $term && wp_delete_term($term->term_id, 'post_tag');
        """)


def meta_of_term(site: WordPress, number: int) -> dict[str, str]:
    found: dict[str, str] = site.php(f"""
        $term = get_term({number});
        return ['name' => $term->name, 'description' => $term->description, 'slug' => $term->slug];
    """)
    return found


@BOTH
def test_a_tag_of_spam_keeps_a_post_from_no_other_tag(site: WordPress) -> None:
    for field in ({"tags_input": ["水质", BLOCK, "浊度计"]}, {"tax_input": {"post_tag": f"水质,{BLOCK},浊度计"}}):
        row = {"post_title": TITLE, "post_content": ARTICLE, "post_status": "publish", **field}
        number = int(site.php(f"return wp_insert_post(wp_slash({quoted(row)}));", "author"))
        names = site.php(f"return wp_get_post_tags({number}, ['fields' => 'names']);")
        assert sorted(names) == sorted(["水质", "浊度计"])
    (kept,) = refused(site)
    assert (kept["what"], kept["name"], kept["fields"]["title"]) == ("new_term", "post_tag", BLOCK)


# --------------------------------------------------------------------------------------------------- users and the site


@BOTH
def test_names_and_biographies_of_users_are_cut_or_stay(site: WordPress) -> None:
    number = site.users["author"]["id"]
    fine = {"description": SUMMARY, "nickname": "李工", "name": "李工"}
    assert site.rest("POST", f"/wp/v2/users/{number}", fine).status == 200
    assert refused(site) == []
    found = site.rest(
        "POST",
        f"/wp/v2/users/{number}?context=edit",
        {"description": f"{SUMMARY}{BLOCK}", "name": BLOCK, "nickname": BLOCK},
    )
    assert found.status == 200
    about = site.php(f"$u = get_userdata({number}); return [$u->display_name, $u->nickname, $u->description];")
    assert about == ["李工", "李工", SUMMARY]
    kept = refused(site)
    assert sorted((row["what"], row["name"]) for row in kept) == [
        ("display_name", "author"),
        ("meta", "description"),
        ("meta", "nickname"),
    ]
    new = {"user_login": "zhangsan", "user_pass": "pw", "user_email": "z@example.org", "display_name": BLOCK}
    assert site.php(f"$id = wp_insert_user({quoted(new)}); return get_userdata($id)->display_name;") == "User"
    answer(site, site.login(), "not_spam")
    assert site.php("return get_user_by('login', 'zhangsan')->display_name;") == BLOCK
    site.php(
        "require_once ABSPATH . 'wp-admin/includes/user.php'; wp_delete_user(get_user_by('login', 'zhangsan')->ID);"
    )


@BOTH
def test_the_name_of_the_site_stays(site: WordPress) -> None:
    for option in ("blogname", "blogdescription"):
        before = site.php(f"return get_option('{option}');")
        site.php(f"update_option('{option}', {quoted(BLOCK)});", "admin")
        assert site.php(f"return get_option('{option}');") == before
        site.php(f"update_option('{option}', {quoted('青岚 & 水质')});", "admin")
        assert site.php(f"return get_option('{option}');") == "青岚 &amp; 水质"
        # Where the spam begins is certain here, so that the rest is stored.
        site.php(f"update_option('{option}', {quoted('每周发布三篇水质报告，欢迎订阅。' + BLOCK)});", "admin")
        assert site.php(f"return get_option('{option}');") == "每周发布三篇水质报告，欢迎订阅。"
        assert [row["name"] for row in refused(site)[-2:]] == [option, option]


@BOTH
def test_links_of_classic_menus_are_held(site: WordPress) -> None:
    stored = site.php(
        f"""
        $menu = wp_create_nav_menu('主菜单' . wp_generate_password(6, false));
        $of = fn($title) => ['menu-item-title' => $title, 'menu-item-url' => '/', 'menu-item-status' => 'publish'];
        wp_update_nav_menu_item($menu, 0, $of('水质报告'));
        $bad = wp_update_nav_menu_item($menu, 0, $of({quoted(BLOCK)}));
        return [$bad, array_column(wp_get_nav_menu_items($menu), 'title'), get_post_status($bad)];
    """,
        "admin",
    )
    assert stored[1:] == [["水质报告"], "pending"]
    page = site.get("/wp-admin/tools.php?page=moderation-parts&type=nav_menu_item", site.login()).text
    assert f"id={stored[0]}&" in html.unescape(page)


# ------------------------------------------------------------------------------------------------------------- comments


@BOTH
def test_a_comment_that_passed_no_door_is_held(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE)
    found = site.php(f"""
        $row = ['comment_post_ID' => {number}, 'comment_author' => '李雷', 'comment_approved' => 1];
        $bad = wp_insert_comment(wp_slash($row + ['comment_content' => {quoted(BLOCK)}]));
        $good = wp_insert_comment(wp_slash($row + ['comment_content' => '谢谢分享，仪器的校准周期写得很清楚。']));
        $order = ['comment_content' => {quoted(BLOCK)}, 'comment_type' => 'order_note'];
        $note = wp_insert_comment(wp_slash($row + $order));
        return [get_comment($bad)->comment_approved, get_comment($good)->comment_approved,
            get_comment($note)->comment_approved, Moderation\\Record::get('comment', $bad)['state'],
            Moderation\\Record::get('comment', $good), get_comment($bad)->comment_content];
    """)
    assert found == ["0", "1", "1", "held", None, BLOCK]


@NEW
def test_a_comment_is_asked_about_once(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE)
    row = {"comment_post_ID": number, "comment_content": "It\u2019s a \\back\\slash: 谢谢", "comment_author": "李雷"}
    row |= {"comment_author_email": "l@example.org", "comment_author_url": "", "comment_agent": ""}
    asked = site.php(f"""
        $asked = 0;
        add_filter('http_request_args', function ($args) use (&$asked) {{ ++$asked; return $args; }});
        wp_new_comment(wp_slash({quoted(row)} + ['comment_author_IP' => '127.0.0.1']));
        return $asked;
    """)
    assert asked == 1


# ------------------------------------------------------------------------------------ beside comments, and in sheets


def comment_of(site: WordPress) -> int:
    number = by_code(site, TITLE, ARTICLE)
    row = {"comment_post_ID": number, "comment_content": SUMMARY, "comment_author": "读者", "comment_approved": 1}
    return int(site.php(f"return wp_insert_comment(wp_slash({quoted(row)}));"))


@BOTH
def test_what_plug_ins_keep_beside_comments_stays_as_it_was(site: WordPress) -> None:
    number = comment_of(site)
    for key, text in (("review_title", SUMMARY), ("rating", "5"), ("_secret", BLOCK)):
        write(site, number, key, text, kind="comment")
        assert meta(site, number, key, "comment") == text
    assert refused(site) == []
    assert write(site, number, "review_title", f"{TITLE} 今年_{BLOCK}", kind="comment") is True
    assert meta(site, number, "review_title", "comment") == SUMMARY
    assert site.php(f"return add_comment_meta({number}, 'more', {quoted(BLOCK)});") is True
    assert meta(site, number, "more", "comment") == ""
    assert [(row["type"], row["name"], row["is_cut"]) for row in refused(site)] == [
        ("comment", "review_title", False),
        ("comment", "more", False),
    ]
    # With the comment itself, as forms of other plug-ins send it.
    row = {"comment_post_ID": 1, "comment_content": SUMMARY, "comment_meta": {"review_title": BLOCK}}
    other = int(site.php(f"return wp_insert_comment(wp_slash({quoted(row)}));"))
    assert meta(site, other, "review_title", "comment") == ""


@BOTH
def test_what_was_refused_beside_a_comment_is_put_there_by_who_may(site: WordPress) -> None:
    number = comment_of(site)
    write(site, number, "review_title", BLOCK, kind="comment")
    answer(site, site.login(), "not_spam")
    assert meta(site, number, "review_title", "comment") == BLOCK
    # It passes from now on.
    write(site, number, "review_title", SUMMARY, kind="comment")
    write(site, number, "review_title", BLOCK, kind="comment")
    assert meta(site, number, "review_title", "comment") == BLOCK


CSS = 'p{color:#333}.a::before{content:"%s"}'
STYLES = {
    "the site": lambda text: {"styles": {"css": CSS % text}},
    "a block": lambda text: {"styles": {"blocks": {"core/quote": {"css": f'&::before{{content:"{text}"}}'}}}},
    "a variation": lambda text: {
        "styles": {"blocks": {"core/group": {"variations": {"panel": {"css": f'& p::after{{content:"{text}"}}'}}}}}
    },
    "a value": lambda text: {
        "settings": {"custom": {"line": f'"{text}"'}},
        "styles": {"css": ".a::before{content:var(--wp--custom--line)}"},
    },
}


def sheet_of(site: WordPress, number: int) -> str:
    found: str = site.php(f"return get_post({number})->post_content;")
    return found


@BOTH
@pytest.mark.parametrize("where", STYLES)
def test_global_styles_say_no_spam(site: WordPress, where: str) -> None:
    about = {"version": 2, "isGlobalStylesUserThemeJSON": True}
    fine, spam = (json.dumps(about | STYLES[where](text), ensure_ascii=False) for text in ("阅读全文", BLOCK))
    new = {"post_type": "wp_global_styles", "post_status": "publish", "post_title": "样式", "post_content": "{}"}
    number = int(site.php(f"return wp_insert_post(wp_slash({quoted(new)}));", "admin"))
    store = "return wp_update_post(wp_slash(array('ID' => %d, 'post_content' => %s)));"
    site.php(store % (number, quoted(fine)), "admin")
    assert json.loads(sheet_of(site, number)) == json.loads(fine)
    site.php(store % (number, quoted(spam)), "admin")
    assert json.loads(sheet_of(site, number)) == json.loads(fine)
    (row,) = refused(site)
    assert (row["what"], row["id"], row["name"]) == ("sheet", number, "wp_global_styles")
    # Who may write it says that it is none.
    answer(site, site.login(), "not_spam")
    assert json.loads(sheet_of(site, number)) == json.loads(spam)


@BOTH
def test_the_customizers_css_says_no_spam(site: WordPress) -> None:
    store = "return wp_update_custom_css_post(%s)->ID;"
    number = int(site.php(store % quoted(CSS % "阅读全文"), "admin"))
    assert sheet_of(site, number) == CSS % "阅读全文"
    site.php(store % quoted(CSS % BLOCK), "admin")
    assert sheet_of(site, number) == CSS % "阅读全文"
    assert [(row["what"], row["name"]) for row in refused(site)] == [("sheet", "custom_css")]
    # One that is new: it is there, and empty.
    site.php(f"wp_delete_post({number}, true); remove_theme_mod('custom_css_post_id');")
    number = int(site.php(store % quoted(CSS % BLOCK + ".b{color:red}"), "admin"))
    assert sheet_of(site, number) == ""
    assert [row["id"] for row in refused(site)][-1] == number

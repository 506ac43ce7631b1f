"""The audit of what stands on the site already: its steps, what stops it, and what it shows."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from plugins.wordpress.doors import ARTICLE, BLOCK, BOTH, HIDDEN, PLACES, TITLE, post, press, quoted, smuggle
from plugins.wordpress.server import Answer, Service, WordPress, text_of
from plugins.wordpress.test_pages import in_a_browser

PATH = "/wp-admin/tools.php?page=moderation-site-audit"


def fill(site: WordPress, count: int, *bad: int) -> int:
    """Leaves nothing on the site but some posts that came in past the plug-in; the number of the first."""
    return int(
        site.php(
            f"""
        global $wpdb;
        foreach (['posts', 'postmeta'] as $table) $wpdb->query("DELETE FROM {{$wpdb->$table}}");
        delete_option('moderation_site_audit');
        Moderation\\Lock::free('site_audit');
        remove_all_filters('wp_insert_post_data');
        remove_all_actions('transition_post_status', 1);
        $first = 0;
        for ($i = 0; $i < {count}; ++$i) {{
            $text = {quoted(ARTICLE)} . (in_array($i, {quoted(list(bad))}, true) ? {quoted(HIDDEN)} : '');
            $row = ['post_title' => "第{{$i}}篇", 'post_content' => $text, 'post_status' => 'publish'];
            $id = wp_insert_post(wp_slash($row));
            $first = $first ?: $id;
        }}
        return $first;
    """,
            "admin",
        )
    )


def do(site: WordPress, cookie: str, what: str, **more: str) -> Answer:
    """A button of the page."""
    page = site.get(PATH, cookie).text
    nonce = re.search(rf'name="do" value="{what}">.*?name="_wpnonce" value="(\w+)"', page)
    assert nonce, text_of(page)[-3000:]
    fields = {"action": "moderation_site_audit", "do": what, "_wpnonce": nonce[1], **more}
    return site.form("/wp-admin/admin-post.php", fields, cookie)


def step(site: WordPress, cookie: str) -> Any:
    """What the page asks for while it is open."""
    page = site.get(PATH, cookie).text
    nonce = re.search(r'data-nonce="(\w+)"', page)
    assert nonce
    answer = site.form(
        "/wp-admin/admin-ajax.php", {"action": "moderation_site_audit_step", "_wpnonce": nonce[1]}, cookie
    )
    assert answer.status == 200, answer.text
    return answer.json


@BOTH
def test_an_audit_goes_on_step_by_step_and_lists_what_it_found(site: WordPress) -> None:
    first = fill(site, 120, 0, 40, 119)
    cookie = site.login()
    assert "What was found" not in site.get(PATH, cookie).text
    assert do(site, cookie, "start").status == 302
    page = site.get(PATH, cookie).text
    assert '<progress max="120" value="0">' in page
    assert "0 of 120 posts looked at, 0 flagged." in page
    assert "What was found" not in page
    seen = [step(site, cookie) for _ in range(3)]
    assert [(each["done"], each["total"], each["flagged"], each["state"]) for each in seen] == [
        (50, 120, 2, "running"),
        (100, 120, 2, "running"),
        (120, 120, 3, "done"),
    ]
    assert seen[1]["said"] == "100 of 120 posts looked at, 2 flagged."
    # What is over does not begin again by itself.
    assert step(site, cookie) == seen[2]
    page = text_of(site.get(PATH, cookie).text)
    assert "The audit is done." in page
    rows = re.findall(r'<tr><td><a class="row-title" href="[^"]*post=(\d+)&#038;action=edit">(.*?)</a>', page)
    assert rows == [(str(first), "第0篇"), (str(first + 40), "第40篇"), (str(first + 119), "第119篇")]
    assert page.count("<b>gambling</b> text: 澳*******_真******_新*****_时****") == 3
    assert BLOCK not in page
    assert [post(site, first + each)["record"]["state"] for each in (0, 40, 119)] == ["flagged"] * 3
    # Its buttons are those of the list, and what is decided is told as that.
    press(site, cookie, site.get(PATH, cookie).text, "post", first, "not_spam")
    assert text_of(site.get(PATH, cookie).text).count("Decided.") == 1


@BOTH
def test_an_audit_that_stops_goes_on_where_it_stopped(site: WordPress, service: Service) -> None:
    first = fill(site, 60, 10, 55)
    cookie = site.login()
    do(site, cookie, "start")
    assert step(site, cookie)["done"] == 50
    service.stop()
    assert step(site, cookie)["state"] == "stopped"
    page = text_of(site.get(PATH, cookie).text)
    assert "cannot be reached" in page
    assert '<progress max="60" value="50">' in page
    # What was found so far stands there.
    assert f"post={first + 10}&" in page
    assert step(site, cookie)["done"] == 50
    service.start()
    do(site, cookie, "resume")
    found = step(site, cookie)
    assert (found["done"], found["checked"], found["flagged"], found["state"]) == (60, 60, 2, "done")


@BOTH
def test_an_audit_is_cancelled_resumed_and_begun_anew(site: WordPress) -> None:
    fill(site, 60, 10)
    cookie = site.login()
    do(site, cookie, "start")
    began = site.php("return Moderation\\Site_Audit::get()['id'];")
    # A second one does not begin beside it.
    nonce = re.search(r'name="_wpnonce" value="(\w+)"', site.get(PATH, cookie).text)
    assert nonce
    fields = {"action": "moderation_site_audit", "do": "start", "_wpnonce": nonce[1]}
    assert site.form("/wp-admin/admin-post.php", fields, cookie).status == 302
    assert "An audit is running already." in site.get(PATH, cookie).text
    assert site.php("return Moderation\\Site_Audit::get()['id'];") == began
    # Cancelled while a step is on its way: the step counts, and does not undo it.
    state = site.php("""
        add_filter('pre_http_request', function ($answer) { Moderation\\Site_Audit::cancel(); return $answer; });
        return Moderation\\parts()['site_audit']->step();
    """)
    assert (state["state"], state["done"], state["flagged"]) == ("cancelled", 50, 1)
    assert step(site, cookie)["done"] == 50
    assert "The audit was cancelled." in site.get(PATH, cookie).text
    do(site, cookie, "resume")
    do(site, cookie, "cancel")
    do(site, cookie, "resume")
    assert step(site, cookie)["state"] == "done"
    do(site, cookie, "start")
    assert site.php("return Moderation\\Site_Audit::get()['id'];") != began
    assert step(site, cookie)["done"] == 50
    # Another window takes the step that is on its way.
    assert site.php("return Moderation\\Lock::take('site_audit', 60);") is True
    assert (step(site, cookie)["done"], step(site, cookie)["state"]) == (50, "running")
    site.php("Moderation\\Lock::free('site_audit');")
    assert step(site, cookie)["state"] == "done"


@BOTH
def test_an_audit_cleans_where_that_was_asked_for(site: WordPress) -> None:
    first = fill(site, 12, 3, 11)
    site.php(f"wp_update_post(['ID' => {first + 11}, 'post_status' => 'private']);")
    cookie = site.login()
    do(site, cookie, "start", apply="1")
    assert [step(site, cookie)["done"] for _ in range(2)] == [10, 12]
    found = post(site, first + 3)
    assert (found["text"].strip(), found["record"]["state"]) == (ARTICLE, "cleaned")
    assert found["original"]["html"] == ARTICLE + HIDDEN
    assert "Keep cleaned" in site.get(PATH, cookie).text


@BOTH
def test_a_text_that_cannot_be_judged_does_not_stop_it(site: WordPress) -> None:
    first = fill(site, 5, 4)
    state = site.php(
        f"""
        wp_cache_flush();
        Moderation\\parts()['site_audit']->start(['post'], false);
        add_filter('pre_http_request', function ($answer, $args) {{
            $large = ['response' => ['code' => 413], 'headers' => [], 'body' => ''];
            return strpos($args['body'], {quoted("第2篇")}) === false ? $answer : $large;
        }}, 10, 2);
        return Moderation\\parts()['site_audit']->step();
    """,
        "admin",
    )
    assert (state["state"], state["done"], state["checked"], state["rows"]) == ("done", 5, 5, [first + 4])
    assert list(state["errors"]) == [str(first + 2)]
    page = site.get(PATH, site.login()).text
    assert "What could not be judged" in page
    assert f"#{first + 2}</a> What answers at" in page


@BOTH
def test_an_empty_site_and_posts_without_a_text_are_done(site: WordPress) -> None:
    fill(site, 0)
    cookie = site.login()
    do(site, cookie, "start")
    found = step(site, cookie)
    assert (found["done"], found["total"], found["state"]) == (0, 0, "done")
    fill(site, 3)
    site.php("""
        global $wpdb;
        $ids = $wpdb->get_col("SELECT ID FROM {$wpdb->posts} ORDER BY ID DESC LIMIT 2");
        foreach ($ids as $id) $wpdb->update($wpdb->posts, ['post_title' => '', 'post_content' => ''], ['ID' => $id]);
    """)
    do(site, cookie, "start")
    found = step(site, cookie)
    assert (found["done"], found["total"], found["checked"], found["state"]) == (3, 3, 1, "done")


@BOTH
def test_an_audit_is_for_those_who_set_the_site_up(site: WordPress) -> None:
    fill(site, 2, 1)
    cookie, editor = site.login(), site.login("editor")
    assert site.get(PATH, editor).status == 403
    page = site.get(PATH, cookie).text
    nonce = re.search(r'name="_wpnonce" value="(\w+)"', page)
    assert nonce
    for name, asked in (("", cookie), (nonce[1], editor)):
        fields = {"action": "moderation_site_audit", "do": "start", "_wpnonce": name}
        assert site.form("/wp-admin/admin-post.php", fields, asked).status == 403
        fields = {"action": "moderation_site_audit_step", "_wpnonce": name}
        answer = site.form("/wp-admin/admin-ajax.php", fields, asked)
        assert (answer.status, answer.json["error"]) == (403, "You are not allowed to do this.")
    assert site.php("return Moderation\\Site_Audit::get();") is None
    # An editor with a nonce of its own has no right to it either.
    own = site.get("/wp-admin/admin-ajax.php?action=tests_nonce&name=moderation_site_audit", editor).text.strip()
    fields = {"action": "moderation_site_audit", "do": "start", "_wpnonce": own}
    assert site.form("/wp-admin/admin-post.php", fields, editor).status == 403
    fields = {"action": "moderation_site_audit_step", "_wpnonce": nonce[1]}
    assert site.form("/wp-admin/admin-ajax.php", fields, cookie).json["error"] == "No audit was begun."


@BOTH
def test_a_hostile_title_is_masked_where_it_was_found(site: WordPress) -> None:
    fill(site, 1)
    smuggle(site, f"{TITLE}|{BLOCK}<img src=x onerror=alert(1)>", PLACES["body"][2])
    cookie = site.login()
    do(site, cookie, "start")
    assert step(site, cookie)["flagged"] == 1
    page = site.get(PATH, cookie).text
    assert BLOCK not in page
    assert "<img src=x" not in page


@BOTH
def test_the_page_takes_all_steps_by_itself(site: WordPress, tmp_path: Path) -> None:
    first = fill(site, 70, 5, 69)
    do(site, site.login(), "start")
    page = html.unescape(in_a_browser(site, tmp_path, PATH, budget=15))
    assert "The audit is done." in page
    assert "70 of 70 posts looked at, 2 flagged." in page
    assert f"post={first + 69}&" in page

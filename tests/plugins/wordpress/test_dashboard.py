"""The widget of the dashboard: what was done, what waits, and whether the service answers."""

from __future__ import annotations

import re
import socket
import threading
import time

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    CAREFUL,
    NEW,
    PLACES,
    SPAM,
    TITLE,
    by_code,
    by_rest,
    press,
    press_test,
    quoted,
    say_by_form,
    settings,
    smuggle,
)
from plugins.wordpress.server import Service, WordPress, text_of


def widget(site: WordPress, cookie: str) -> str:
    """What stands in the widget, or nothing."""
    page = text_of(site.get("/wp-admin/", cookie).text)
    found = re.search(
        r'<div id="moderation_dashboard" class="postbox.*?<div class="inside">(.*?)</div>\s*</div>', page, re.DOTALL
    )
    return found[1] if found else ""


def week(site: WordPress) -> dict[str, int]:
    found: dict[str, int] = site.php("return Moderation\\Tally::week();")
    return found


def clear(site: WordPress) -> None:
    """A site on which nothing was found yet and nothing was asked."""
    site.php("""
        global $wpdb;
        $wpdb->query("DELETE FROM {$wpdb->options} WHERE option_name LIKE 'moderation_count_%'");
        $like = "option_name LIKE '_transient%moderation_service_%'";
        array_map('delete_option', $wpdb->get_col("SELECT option_name FROM {$wpdb->options} WHERE $like"));
        foreach (['_moderation', '_moderation_state'] as $field) {
            delete_metadata('post', 0, $field, '', true);
            delete_metadata('comment', 0, $field, '', true);
        }
    """)


@BOTH
def test_the_widget_counts_the_week_and_leads_to_what_waits(site: WordPress, service: Service) -> None:
    clear(site)
    cookie = site.login()
    said = widget(site, cookie)
    for kind in ("cleaned", "held", "refused"):
        assert f'<li class="is-{kind}"><b>0</b> {kind}</li>' in said
    assert "<li>Nothing.</li>" in said
    assert "The service answers. Model zh-headspam@" in text_of(said)
    title, text, _ = PLACES["title"]
    number = by_rest(site, title, text)
    by_rest(site, *PLACES["body"][:2])
    held = by_code(site, BLOCK, SPAM)
    by_code(site, BLOCK, SPAM, post_type="page")
    answer = site.rest("POST", "/wp/v2/posts", {"title": BLOCK, "content": SPAM, "status": "publish"})
    assert answer.status == 422
    say_by_form(site, BLOCK, number)
    # One that is held and stored once more is no other one.
    site.php(f"wp_update_post(wp_slash(['ID' => {held}, 'post_excerpt' => {quoted(TITLE)}]));")
    assert week(site) == {"cleaned": 2, "held": 3, "refused": 1}
    said = widget(site, cookie)
    for kind, count in week(site).items():
        assert f'<li class="is-{kind}"><b>{count}</b> {kind}</li>' in said
    assert re.search(r'Posts: <a href="[^"]*post_type=post&#038;moderation=held">Held \(1\)</a></li>', said)
    assert re.search(r'Pages: <a href="[^"]*post_type=page&#038;moderation=held">Held \(1\)</a></li>', said)
    assert re.search(r'<a href="[^"]*comment_status=moderated">Comments \(1\)</a>', said)
    # What was found stands in the lists, not here.
    assert "澳****" not in said
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", held, "not_spam")
    assert "post_type=post&#038;moderation=held" not in widget(site, cookie)


@BOTH
def test_counts_are_of_seven_days(site: WordPress) -> None:
    clear(site)
    days = {0: 2, 6: 3, 7: 5, 40: 7}
    site.php(f"""
        foreach ({quoted(days)} as $back => $number) {{
            $day = wp_date('Y-m-d', time() - $back * DAY_IN_SECONDS);
            add_option("moderation_count_{{$day}}_held", $number, '', 'no');
        }}
    """)
    assert week(site)["held"] == 5
    # Days behind those are removed with the first count of another kind, or of another day.
    site.php("Moderation\\Tally::add('cleaned'); Moderation\\Tally::add('held'); Moderation\\Tally::add('flagged');")
    assert week(site) == {"cleaned": 1, "held": 6, "refused": 0}
    left = site.php("""
        global $wpdb;
        $like = "option_name LIKE 'moderation_count_%_held'";
        return $wpdb->get_col("SELECT option_value FROM {$wpdb->options} WHERE $like");
    """)
    assert sorted(left) == ["3", "3"]


@NEW
def test_refused_comments_and_audits_are_counted_too(site: WordPress) -> None:
    clear(site)
    settings(site, key=CAREFUL, on_review="reject")
    number = by_code(site, TITLE, ARTICLE)
    row = {"post": number, "content": SPAM, "author_name": "李雷", "author_email": "li@example.org"}
    assert site.rest("POST", "/wp/v2/comments", row).status == 422
    assert week(site) == {"cleaned": 0, "held": 0, "refused": 1}
    settings(site, key="wordpresskey")
    bad = smuggle(site, *PLACES["hidden"][:2])
    site.php(f"return moderation_audit(['ids' => [{bad}], 'apply' => true]);")
    assert week(site) == {"cleaned": 1, "held": 0, "refused": 1}


@BOTH
def test_only_those_who_may_decide_see_it_and_only_those_who_set_it_up_see_the_service(
    site: WordPress, service: Service
) -> None:
    clear(site)
    by_code(site, BLOCK, SPAM, post_author=site.users["author"]["id"])
    port = service.url.rpartition(":")[2]
    editor = site.login("editor")
    assert widget(site, site.login("author")) == ""
    said = widget(site, editor)
    assert "Held (1)" in said
    assert "The service answers." in said
    assert "zh-headspam" not in said
    assert "Audit what stands on the site" not in said
    assert "tools.php?page=moderation-site-audit" in widget(site, site.login())
    service.stop()
    clear(site)
    said = widget(site, editor)
    assert "The service does not answer." in said
    assert f":{port}" not in said
    assert "cannot be reached" not in said
    said = widget(site, site.login())
    assert f":{port}" in said
    assert "cannot be reached" in said


@NEW
def test_the_dashboard_waits_a_second_at_most_and_asks_once(site: WordPress, service: Service) -> None:
    clear(site)
    cookie = site.login()
    site.get("/wp-admin/", cookie)
    heard: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def listen() -> None:
            while True:
                try:
                    heard.append(silent.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        settings(site, url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=30)
        began = time.monotonic()
        assert "The service does not answer." in widget(site, cookie)
        assert time.monotonic() - began < 10
        asked = len(heard)
        assert asked == 1
        assert "The service does not answer." in widget(site, cookie)
        assert len(heard) == asked
        silent.shutdown(socket.SHUT_RDWR)
    for each in heard:
        each.close()
    thread.join(10)
    # Another address is another service, and a test of the settings asks anew.
    settings(site, url=service.url)
    assert "The service answers." in widget(site, cookie)
    service.stop()
    assert "The service answers." in widget(site, cookie)
    press_test(site, cookie)
    assert "The service does not answer." in widget(site, cookie)

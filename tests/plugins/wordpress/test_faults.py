"""The service gone, silent, or another one."""

from __future__ import annotations

import socket
import time

import pytest

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    GOOD,
    NEW,
    PLACES,
    SAYING,
    SPAM,
    TITLE,
    by_code,
    by_meta_weblog,
    by_new_post,
    by_rest,
    comment,
    post,
    press,
    quoted,
    settings,
)
from plugins.wordpress.server import Service, WordPress, wait


@BOTH
def test_fails_open_or_closed_as_it_is_set(site: WordPress, service: Service) -> None:
    title, text, after = PLACES["body"]
    doors = (by_rest, by_new_post, by_meta_weblog, by_code)
    service.stop()
    numbers = [door(site, title, text) for door in doors]
    settings(site, when_down="closed")
    numbers += [door(site, title, text) for door in doors]
    for number, status in zip(numbers, ["publish"] * 4 + ["pending"] * 4, strict=True):
        found = post(site, number)
        assert (found["status"], found["text"], found["record"]["state"]) == (status, text, "unchecked")
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    assert "has had no verdict for" in page
    assert "cannot be reached" in page
    service.start()
    for number in numbers:
        press(site, cookie, page, "post", number, "apply")
        found = post(site, number)
        assert (found["status"], found["text"].strip(), found["record"]["state"]) == ("publish", after, "cleaned")
    assert "has had no verdict for" not in site.get("/wp-admin/edit.php", cookie).text


@BOTH
def test_comments_fail_open_or_closed_as_it_is_set(site: WordPress, service: Service) -> None:
    number = by_code(site, TITLE, ARTICLE)
    service.stop()
    for door in SAYING.values():
        found = comment(site, door(site, f"{GOOD} {door.__name__} open", number))
        assert (found["approved"], found["record"]["state"]) == ("1", "unchecked")
    settings(site, when_down="closed")
    for door in SAYING.values():
        found = comment(site, door(site, f"{GOOD} {door.__name__} closed", number))
        assert (found["approved"], found["record"]["state"]) == ("0", "unchecked")


@NEW
def test_an_answer_that_cannot_be_sent_is_sent_later(site: WordPress, service: Service) -> None:
    number = by_code(site, BLOCK, SPAM)
    told = len(service.rows("feedback"))
    service.stop()
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "not_spam")
    assert post(site, number)["status"] == "publish"
    assert "will be told later" in site.get("/wp-admin/edit.php", cookie).text
    service.start()
    site.php("""
        wp_clear_scheduled_hook('moderation_resend');
        wp_schedule_single_event(time() - 1, 'moderation_resend');
        delete_transient('doing_cron');
    """)
    assert site.get("/wp-cron.php").status == 200
    wait(lambda: len(service.rows("feedback")) > told, "it was not sent", 10)
    assert [(row["is_spam"], BLOCK in row["text"]) for row in service.rows("feedback")[told:]] == [(0, True)]


@NEW
def test_an_import_asks_a_service_that_is_down_three_times(site: WordPress, service: Service) -> None:
    service.stop()
    calls = site.php(f"""
        $calls = 0;
        add_action('http_api_debug', function () use (&$calls) {{ ++$calls; }});
        $row = {quoted({"post_content": ARTICLE, "post_status": "publish"})};
        for ($i = 0; $i < 8; ++$i) wp_insert_post(wp_slash(['post_title' => "第{{$i}}篇"] + $row));
        return $calls;
    """)
    assert calls == 3


@NEW
def test_a_service_that_hangs_costs_the_time_that_is_set(site: WordPress) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings(site, url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=1)
        began = time.monotonic()
        found = post(site, by_rest(site, TITLE, ARTICLE))
        assert time.monotonic() - began < 5
    assert (found["status"], found["record"]["state"]) == ("publish", "unchecked")


@NEW
def test_what_answers_nonsense_is_a_failure_and_harms_nothing(site: WordPress) -> None:
    # WordPress itself answers these routes, with pages and with JSON of its own.
    settings(site, url=f"{site.url}/wp-json", when_down="closed")
    found = post(site, by_code(site, TITLE, ARTICLE))
    assert (found["status"], found["text"]) == ("pending", ARTICLE)
    assert "is not the moderation service" in found["record"]["why"]
    answers = [
        "[]",
        "null",
        '{"error": "no"}',
        '{"action": "allow", "findings": [], "error": {"code": "busy", "message": "64 wait"}}',
        '{"action": "clean"}',
        '{"action": ["clean"], "findings": []}',
        '{"action": "clean", "findings": 7}',
        '{"action": "clean", "findings": [7, null, {"field": ["x"]}], "fields": {"html": []}}',
        '{"action": "clean", "findings": [{"field": "html", "reasons": [7, {"code": []}], "text": 7}]}',
        '{"action": "clean", "findings": [{"field": "html"}], "fields": {"html": ""}}',
    ]
    for answer in answers:
        row = {"post_title": TITLE, "post_content": ARTICLE, "post_status": "publish"}
        number = site.php(f"""
            $answer = ['response' => ['code' => 200], 'headers' => [], 'body' => {quoted(answer)}];
            add_filter('pre_http_request', fn() => $answer);
            return wp_insert_post(wp_slash({quoted(row)}));
        """)
        found = post(site, number)
        assert found["text"] == ARTICLE
        # Nothing of this is taken for a verdict of allow.
        assert found["status"] == "pending"


@NEW
@pytest.mark.parametrize("part", [" ", "\n", " \n\t", "<p>", "<", "<!-- wp:a -->", "甲 "])
def test_a_text_that_repeats_itself_takes_no_long_time(site: WordPress, part: str) -> None:
    row = {"post_title": TITLE, "post_status": "publish"}
    status, is_whole, seconds = site.php(
        f"""
        $text = {quoted(ARTICLE)} . str_repeat({quoted(part)}, intdiv(300000, strlen({quoted(part)}))) . 'x';
        $began = microtime(true);
        $id = wp_insert_post(wp_slash(['post_content' => $text] + {quoted(row)}));
        $found = [get_post($id)->post_status, get_post($id)->post_content === $text, microtime(true) - $began];
        // WordPress itself takes minutes to show some of these.
        wp_delete_post($id, true);
        return $found;
    """,
        "admin",
    )
    assert (status, is_whole) == ("publish", True)
    assert seconds < 5

"""Posts by every door: clean, injected, spam throughout, changed, scheduled."""

from __future__ import annotations

import json
import re

import pytest

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    CAREFUL,
    DOORS,
    NEW,
    PLACES,
    SPAM,
    TITLE,
    by_code,
    by_rest,
    post,
    quoted,
    rpc,
    settings,
)
from plugins.wordpress.server import Service, WordPress, wait


def due(site: WordPress, number: int) -> None:
    """Lets a scheduled post's time come, by the real schedule."""
    site.php(f"""
        global $wpdb;
        $wpdb->update($wpdb->posts, ['post_date' => gmdate('Y-m-d H:i:s', time() - 60),
            'post_date_gmt' => gmdate('Y-m-d H:i:s', time() - 60)], ['ID' => {number}]);
        wp_clear_scheduled_hook('publish_future_post', [{number}]);
        wp_schedule_single_event(time() - 1, 'publish_future_post', [{number}]);
    """)
    site.php("delete_transient('doing_cron');")
    assert site.get("/wp-cron.php").status == 200
    wait(lambda: post(site, number)["status"] != "future", "the schedule did not run", 10)


@BOTH
@pytest.mark.parametrize("door", DOORS)
def test_what_is_clean_is_published_as_it_is(site: WordPress, door: str) -> None:
    text = ARTICLE + "\n\n<p>It\u2019s a \\back\\slash, a \"quote\" and 'one' more.</p>"
    found = post(site, DOORS[door](site, TITLE, text))
    assert found["text"].replace("\r\n", "\n") == text
    assert (found["title"], found["status"], found["record"], found["original"]) == (TITLE, "publish", None, None)


@BOTH
@pytest.mark.parametrize("place", ["title", "body", "hidden"])
@pytest.mark.parametrize("door", DOORS)
def test_what_is_injected_is_cut_and_kept(site: WordPress, door: str, place: str) -> None:
    title, text, after = PLACES[place]
    found = post(site, DOORS[door](site, title, text))
    assert found["status"] == "publish"
    assert found["title"] == TITLE
    assert found["text"].strip().replace("\r\n", "\n") == after
    assert "澳门" not in json.dumps(found["record"], ensure_ascii=False)
    # The address would keep what was cut from the title.
    assert "%e6%be%b3" not in found["slug"]
    assert found["record"]["state"] == "cleaned"
    assert found["record"]["findings"][0]["masked"].startswith("澳" + "*" * 5)
    assert found["original"]["title"] == title
    assert found["original"]["html"].replace("\r\n", "\n") == text


@NEW
@pytest.mark.parametrize("place", ["plain", "blocks"])
def test_each_way_of_writing_paragraphs_is_understood(site: WordPress, place: str) -> None:
    title, text, after = PLACES[place]
    found = post(site, by_rest(site, title, text))
    assert (found["status"], found["title"]) == ("publish", TITLE)
    assert re.sub(r"\n{2,}", "\n\n", found["text"]).strip() == after.strip()
    assert ' id="m-' not in found["text"]


@BOTH
def test_rest_refuses_what_is_spam_throughout(site: WordPress) -> None:
    before = site.php("return wp_count_posts();")
    answer = site.rest("POST", "/wp/v2/posts", {"title": BLOCK, "content": SPAM, "status": "publish"})
    assert answer.status == 422
    assert answer.json["code"] == "moderation_rejected"
    assert "澳****" in answer.json["message"]
    assert BLOCK not in answer.text
    assert site.php("return wp_count_posts();") == before


@BOTH
@pytest.mark.parametrize("door", ["wp.newPost", "metaWeblog", "code", "form"])
def test_other_doors_hold_it_and_lose_nothing(site: WordPress, door: str) -> None:
    found = post(site, DOORS[door](site, BLOCK, SPAM))
    assert (found["status"], found["title"], found["text"]) == ("pending", BLOCK, SPAM)
    assert found["record"]["state"] == "held"
    assert found["record"]["meant"] == "publish"
    assert found["record"]["action"] == "reject"


@NEW
@pytest.mark.parametrize("door", DOORS)
def test_a_title_of_nothing_else_is_held(site: WordPress, door: str) -> None:
    found = post(site, DOORS[door](site, BLOCK, ARTICLE))
    assert (found["status"], found["title"], found["text"].replace("\r\n", "\n")) == ("pending", BLOCK, ARTICLE)


@NEW
@pytest.mark.parametrize(
    ("choice", "status", "state"), [("hold", "pending", "held"), ("ignore", "publish", None), ("reject", None, None)]
)
def test_each_verdict_has_its_setting(site: WordPress, choice: str, status: str | None, state: str | None) -> None:
    # By this key nothing is sure enough to be cut: the verdict is review.
    settings(site, key=CAREFUL, on_review=choice)
    title, text, _ = PLACES["body"]
    if status is None:
        answer = site.rest("POST", "/wp/v2/posts", {"title": title, "content": text, "status": "publish"})
        assert answer.status == 422
        return
    found = post(site, by_rest(site, title, text))
    assert (found["status"], found["text"]) == (status, text)
    assert (found["record"] or {}).get("state") == state


@NEW
def test_the_name_of_the_site_is_not_what_is_judged(site: WordPress) -> None:
    site.php(f"update_option('tests_name', get_option('blogname')); update_option('blogname', {quoted(BLOCK)});")
    found = post(site, by_code(site, TITLE, ARTICLE))
    title, text, after = PLACES["body"]
    injected = post(site, by_code(site, title, text))
    site.php("update_option('blogname', get_option('tests_name'));")
    assert (found["status"], found["text"], found["record"]) == ("publish", ARTICLE, None)
    assert (injected["status"], injected["text"].strip()) == ("publish", after)
    assert [finding["field"] for finding in injected["record"]["findings"]] == ["html"]


@NEW
def test_an_address_that_was_chosen_stays(site: WordPress) -> None:
    title, text, _ = PLACES["title"]
    # Also one that is the beginning of the title.
    for chosen in ("visits-2", "%e8%87%aa%e6%9d%a5"):
        found = post(site, by_rest(site, title, text, slug=chosen))
        assert (found["title"], found["slug"]) == (TITLE, chosen)
    # A fifth of the same title gets a number behind an address that is as long as it may be.
    slugs = {post(site, by_rest(site, title, text))["slug"] for _ in range(5)}
    assert len(slugs) == 5
    assert [slug for slug in slugs if "%e6%be%b3" in slug] == []


@NEW
def test_drafts_pass_until_they_are_published(site: WordPress) -> None:
    title, text, _ = PLACES["hidden"]
    number = by_rest(site, title, text, status="draft")
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]) == ("draft", text, None)
    assert site.rest("POST", f"/wp/v2/posts/{number}", {"status": "publish"}).status == 200
    found = post(site, number)
    assert (found["status"], found["record"]["state"]) == ("publish", "cleaned")
    assert BLOCK not in found["text"]


@BOTH
def test_a_change_is_judged_like_a_new_post(site: WordPress) -> None:
    title, text, after = PLACES["hidden"]

    def by_rpc(number: int) -> None:
        assert rpc(site).wp.editPost(1, "admin", "pw", number, {"post_content": text})

    def by_update(number: int) -> None:
        assert site.rest("PUT", f"/wp/v2/posts/{number}", {"content": text}).status == 200

    def by_quick_edit(number: int) -> None:
        row = {"ID": number, "post_title": f"{title}|{BLOCK}"}
        assert site.php(f"return wp_update_post(wp_slash({quoted(row)}), true);", "admin") == number

    for change in (by_rpc, by_update, by_quick_edit):
        number = by_code(site, TITLE, ARTICLE)
        slug = post(site, number)["slug"]
        change(number)
        found = post(site, number)
        assert (found["status"], found["title"], found["text"].strip()) == ("publish", TITLE, after), change
        assert (found["slug"], found["record"]["state"]) == (slug, "cleaned")


@NEW
def test_an_autosave_is_never_refused(site: WordPress) -> None:
    number = by_rest(site, TITLE, ARTICLE)
    row = {"title": BLOCK, "content": SPAM}
    assert site.rest("POST", f"/wp/v2/posts/{number}/autosaves", row).status == 200
    assert post(site, number)["text"] == ARTICLE
    assert site.rest("POST", f"/wp/v2/posts/{number}", row).status == 422
    assert post(site, number)["text"] == ARTICLE


@NEW
def test_types_that_are_not_chosen_pass(site: WordPress) -> None:
    settings(site, types=["page"])
    title, text, _ = PLACES["hidden"]
    assert post(site, by_code(site, title, text))["text"] == text
    assert BLOCK not in post(site, by_code(site, title, text, post_type="page"))["text"]


@BOTH
def test_a_scheduled_post_is_checked_when_it_is_stored_and_when_it_is_due(site: WordPress, service: Service) -> None:
    title, text, after = PLACES["body"]
    tomorrow = "gmdate('Y-m-d H:i:s', time() + 86400)"
    later = f"'post_status' => 'future', 'post_date' => {tomorrow}, 'post_date_gmt' => {tomorrow}"
    insert = f"return wp_insert_post(wp_slash({quoted({'post_title': title, 'post_content': text})} + [{later}]));"
    found = post(site, site.php(insert))
    assert (found["status"], found["text"].strip(), found["record"]["meant"]) == ("future", after, "future")

    service.stop()
    number = site.php(insert)
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]["state"]) == ("future", text, "unchecked")
    service.start()
    due(site, number)
    found = post(site, number)
    assert (found["status"], found["text"].strip(), found["record"]["state"]) == ("publish", after, "cleaned")


@NEW
def test_what_code_publishes_past_all_filters_is_held(site: WordPress) -> None:
    title, text, _ = PLACES["hidden"]
    number = by_code(site, title, text, post_status="draft")
    site.php(f"wp_publish_post({number});")
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]["state"]) == ("pending", text, "held")
    clean = by_code(site, TITLE, ARTICLE, post_status="draft")
    site.php(f"wp_publish_post({clean});")
    assert post(site, clean)["status"] == "publish"

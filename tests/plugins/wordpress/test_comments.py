"""Comments by every door, and what moderators say of them."""

from __future__ import annotations

import pytest

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    CUTTING,
    GOOD,
    MIXED,
    NEW,
    SAYING,
    TITLE,
    by_code,
    comment,
    press,
    quoted,
    say_by_form,
    settings,
)
from plugins.wordpress.server import Service, WordPress


@BOTH
@pytest.mark.parametrize("door", SAYING)
def test_comments_pass_or_are_held_as_they_came(site: WordPress, door: str) -> None:
    number = by_code(site, TITLE, ARTICLE)
    found = comment(site, SAYING[door](site, f"{GOOD} {door}", number))
    assert (found["text"], found["approved"], found["record"]) == (f"{GOOD} {door}", "1", None)
    for text in (MIXED, BLOCK):
        found = comment(site, SAYING[door](site, text, number))
        assert found["text"].replace("\r\n", "\n") == text
        assert (found["approved"], found["record"]["state"], found["record"]["action"]) == ("0", "held", "review")


@NEW
@pytest.mark.parametrize("door", SAYING)
def test_comments_are_cleaned_where_the_policy_says_so(site: WordPress, door: str) -> None:
    settings(site, key=CUTTING)
    number = by_code(site, TITLE, ARTICLE)
    found = comment(site, SAYING[door](site, MIXED, number))
    assert found["text"].replace("\r\n", "\n") == f"{GOOD}\n\n{GOOD}"
    assert (found["approved"], found["record"]["state"]) == ("1", "cleaned")
    assert found["original"]["html"].replace("\r\n", "\n") == MIXED


@NEW
def test_rest_refuses_a_comment_where_that_is_set(site: WordPress) -> None:
    settings(site, on_review="reject")
    number = by_code(site, TITLE, ARTICLE)
    row = {"post": number, "content": BLOCK, "author_name": "李雷", "author_email": "li@example.org"}
    assert site.rest("POST", "/wp/v2/comments", row).status == 422
    assert site.php(f"return get_comments(['post_id' => {number}, 'status' => 'any', 'count' => true]);") == 0
    assert comment(site, say_by_form(site, BLOCK, number))["approved"] == "0"


@NEW
def test_a_moderator_s_buttons_on_comments_are_feedback(site: WordPress, service: Service) -> None:
    number = by_code(site, TITLE, ARTICLE)
    held = say_by_form(site, BLOCK, number)
    before = len(service.rows("feedback"))
    assert site.rest("POST", f"/wp/v2/comments/{held}", {"status": "approved"}).status == 200
    said = service.rows("feedback")[before:]
    assert [(row["is_spam"], BLOCK in row["text"]) for row in said] == [(0, True)]
    found = comment(site, held)
    assert (found["approved"], found["record"]) == ("1", None)
    other = by_code(site, TITLE, ARTICLE)
    assert comment(site, say_by_form(site, BLOCK, other))["approved"] == "1"
    assert site.rest("POST", f"/wp/v2/comments/{held}", {"status": "spam"}).status == 200
    assert [row["is_spam"] for row in service.rows("feedback")[before:]] == [0, 1]


@NEW
def test_a_comment_that_was_cleaned_can_be_had_back(site: WordPress, service: Service) -> None:
    settings(site, key=CUTTING)
    number = say_by_form(site, MIXED, by_code(site, TITLE, ARTICLE))
    cookie = site.login()
    page = site.get("/wp-admin/edit-comments.php", cookie).text
    press(site, cookie, page, "comment", number, "not_spam")
    found = comment(site, number)
    assert (found["text"].replace("\r\n", "\n"), found["approved"], found["record"]) == (MIXED, "1", None)
    assert service.rows("feedback")[-1]["is_spam"] == 0


@NEW
def test_a_comment_that_is_changed_is_checked_again(site: WordPress) -> None:
    number = say_by_form(site, GOOD, by_code(site, TITLE, ARTICLE))
    assert site.rest("POST", f"/wp/v2/comments/{number}", {"content": BLOCK}).status == 200
    found = comment(site, number)
    assert (found["text"], found["approved"], found["record"]["state"]) == (BLOCK, "0", "held")


@NEW
def test_approving_publishes_only_what_was_judged(site: WordPress, service: Service) -> None:
    """A text that came into the place of the held one, past all doors, is judged in the moment it is approved."""
    number = say_by_form(site, GOOD + BLOCK, by_code(site, TITLE, ARTICLE))
    assert comment(site, number)["approved"] == "0"
    told = len(service.rows("feedback"))

    def exchange(text: str) -> None:
        columns = f"['comment_content' => {quoted(text)}], ['comment_ID' => {number}]"
        site.php(f"global $wpdb; $wpdb->update($wpdb->comments, {columns}); clean_comment_cache({number}); return 1;")

    exchange(BLOCK)
    site.rest("POST", f"/wp/v2/comments/{number}", {"status": "approved"})
    found = comment(site, number)
    assert (found["text"], found["approved"], found["record"]["state"]) == (BLOCK, "0", "held")
    # It was not learned as honest, and does not pass elsewhere.
    assert len(service.rows("feedback")) == told
    assert comment(site, say_by_form(site, BLOCK, by_code(site, TITLE, ARTICLE)))["approved"] == "0"
    exchange(GOOD)
    site.rest("POST", f"/wp/v2/comments/{number}", {"status": "approved"})
    found = comment(site, number)
    assert (found["text"], found["approved"], found["record"]) == (GOOD, "1", None)
    assert len(service.rows("feedback")) == told

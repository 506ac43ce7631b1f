"""The buttons: what they do, and who may press them."""

from __future__ import annotations

import re

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    DOORS,
    HIDDEN,
    NEW,
    PLACES,
    SPAM,
    TITLE,
    button,
    by_code,
    by_rest,
    post,
    press,
)
from plugins.wordpress.server import Service, WordPress


@BOTH
def test_not_spam_publishes_tells_the_service_and_lets_the_text_pass(site: WordPress, service: Service) -> None:
    number = by_code(site, BLOCK, SPAM)
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    assert "澳****" in page
    press(site, cookie, page, "post", number, "not_spam")
    found = post(site, number)
    assert (found["status"], found["title"], found["text"], found["record"]) == ("publish", BLOCK, SPAM, None)
    said = service.rows("feedback")[-1]
    assert (said["site"], said["is_spam"]) == ("blog", 0)
    assert BLOCK in said["text"]
    assert "The service was told" in site.get("/wp-admin/edit.php", cookie).text
    # This text, by any door; not one that differs.
    for door in DOORS.values():
        assert post(site, door(site, BLOCK, SPAM))["status"] == "publish"
    assert post(site, by_code(site, BLOCK, SPAM + BLOCK))["status"] == "pending"


@NEW
def test_not_spam_puts_back_what_was_cut(site: WordPress) -> None:
    title, text, _ = PLACES["title"]
    number = by_rest(site, title, text)
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "not_spam")
    found = post(site, number)
    assert (found["status"], found["title"], found["text"]) == ("publish", title, text)
    assert (found["record"], found["original"]) == (None, None)


@NEW
def test_the_original_is_restored_and_held(site: WordPress) -> None:
    text = ARTICLE + '\n\n<p>\\back\\slash "quote"</p>\n\n' + HIDDEN
    number = by_rest(site, TITLE, text)
    # Stored once more, as the block editor does, what was cut can still be had.
    assert site.rest("POST", f"/wp/v2/posts/{number}", {"excerpt": "走访记录"}).status == 200
    assert post(site, number)["record"]["state"] == "cleaned"
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "restore")
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]["state"]) == ("pending", text, "held")
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "not_spam")
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]) == ("publish", text, None)


@NEW
def test_leaving_it_cleaned_ends_the_notice(site: WordPress) -> None:
    title, text, after = PLACES["body"]
    number = by_rest(site, title, text)
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "dismiss")
    found = post(site, number)
    assert (found["text"].strip(), found["status"], found["record"], found["original"]) == (
        after,
        "publish",
        None,
        None,
    )


@NEW
def test_spam_goes_to_the_trash_and_is_told(site: WordPress, service: Service) -> None:
    number = by_code(site, BLOCK, SPAM)
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "spam")
    assert post(site, number)["status"] == "trash"
    assert service.rows("feedback")[-1]["is_spam"] == 1


@NEW
def test_answers_need_their_nonce_and_the_right_to_give_them(site: WordPress, service: Service) -> None:
    author = site.users["author"]["id"]
    number = by_code(site, BLOCK, SPAM, post_author=author)
    admin, writer, editor = site.login(), site.login("author"), site.login("editor")
    url = button(site.get("/wp-admin/edit.php", admin).text, "post", number, "not_spam").removeprefix(site.url)
    told = len(service.rows("feedback"))
    # Without a nonce, with that of another post, of another user, of another answer, and without a session.
    assert site.get(re.sub(r"&_wpnonce=\w+", "", url), admin).status == 403
    assert site.get(url.replace(f"id={number}", "id=1"), admin).status == 403
    assert site.get(url, writer).status == 403
    assert site.get(url.replace("not_spam", "dismiss"), admin).status == 403
    assert site.get(url).status in (302, 400, 403)
    assert post(site, number)["status"] == "pending"
    # Whoever wrote it sees that it is held and may not wave it through.
    page = site.get("/wp-admin/edit.php", writer).text
    assert "澳****" in page
    assert "moderation_not_spam" not in page
    assert "moderation_check" not in page
    assert len(service.rows("feedback")) == told
    press(site, editor, site.get("/wp-admin/edit.php", editor).text, "post", number, "not_spam")
    assert post(site, number)["status"] == "publish"

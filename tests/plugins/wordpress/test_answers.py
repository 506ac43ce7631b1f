"""The buttons: what they do, and who may press them."""

from __future__ import annotations

import html
import re

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    CUTTING,
    DOORS,
    GOOD,
    HIDDEN,
    MIXED,
    NEW,
    PLACES,
    SPAM,
    TITLE,
    button,
    by_code,
    by_rest,
    comment,
    post,
    press,
    quoted,
    say_by_form,
    settings,
)
from plugins.wordpress.server import Service, WordPress, text_of
from plugins.wordpress.test_lists import tick


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
    assert site.rest("POST", f"/wp/v2/posts/{number}", {"content": post(site, number)["text"]}).status == 200
    assert post(site, number)["record"]["state"] == "cleaned"
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "restore")
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]["state"]) == ("pending", text, "held")
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "not_spam")
    found = post(site, number)
    assert (found["status"], found["text"], found["record"]) == ("publish", text, None)


@BOTH
def test_what_somebody_has_written_since_is_not_overwritten(site: WordPress, service: Service) -> None:
    title, text, after = PLACES["body"]
    added = f"{after}\n\n<p>五月补记：三家水厂换了新的浊度计。</p>"
    cookie = site.login()
    for change in ({"content": added}, {"title": f"{TITLE}（二）"}, {"excerpt": "走访记录"}):
        number = by_rest(site, title, text)
        assert site.rest("POST", f"/wp/v2/posts/{number}", change).status == 200
        before = post(site, number)
        told = len(service.rows("feedback"))
        for answer in ("restore", "not_spam"):
            press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, answer)
            assert "Somebody has edited this since it was cleaned" in site.get("/wp-admin/edit.php", cookie).text
            assert post(site, number) == before
        page = site.get("/wp-admin/edit.php", cookie).text
        said = tick(site, cookie, page, "moderation_not_spam", number)
        assert f"Left, since somebody has edited it since it was cleaned: 1 (#{number})." in said
        assert post(site, number) == before
        assert len(service.rows("feedback")) == told
        # What was cut is there to be copied from.
        page = text_of(site.get(f"/wp-admin/post.php?post={number}&action=edit&classic-editor", cookie).text)
        assert "The text before it was cleaned" in page
        assert html.escape(f"<p>{BLOCK}</p>") in page
        press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "dismiss")
        assert (post(site, number)["record"], post(site, number)["original"]) == (None, None)
    # Undone, it can be put back.
    number = by_rest(site, title, text)
    stored = post(site, number)["text"]
    for content in (added, stored):
        assert site.rest("POST", f"/wp/v2/posts/{number}", {"content": content}).status == 200
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "restore")
    assert (post(site, number)["text"], post(site, number)["status"]) == (text, "pending")


@BOTH
def test_a_comment_that_somebody_has_edited_since_is_not_overwritten(site: WordPress) -> None:
    settings(site, key=CUTTING)
    number = say_by_form(site, MIXED, by_code(site, TITLE, ARTICLE))
    site.php(f"wp_update_comment(wp_slash(['comment_ID' => {number}, 'comment_content' => {quoted(GOOD)}]));", "admin")
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit-comments.php", cookie).text, "comment", number, "restore")
    assert "Somebody has edited this" in site.get("/wp-admin/edit-comments.php", cookie).text
    found = comment(site, number)
    assert (found["text"], found["record"]["state"]) == (GOOD, "cleaned")
    assert BLOCK in found["original"]["html"]


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
    assert site.get(re.sub(r"seen=\w+", "seen=" + "0" * 32, url), admin).status == 403
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


@BOTH
def test_an_answer_is_to_what_was_seen(site: WordPress, service: Service) -> None:
    author = site.users["author"]["id"]
    number = by_code(site, BLOCK, SPAM, post_author=author)
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    told = len(service.rows("feedback"))
    # Its author puts another text into its place, which is as bad, while somebody looks at the first.
    site.php(f"wp_update_post(wp_slash(['ID' => {number}, 'post_content' => {quoted(SPAM + BLOCK)}]));", "author")
    press(site, cookie, page, "post", number, "not_spam")
    found = post(site, number)
    assert (found["status"], found["text"].endswith(BLOCK)) == ("pending", True)
    assert "has changed since you saw it" in site.get("/wp-admin/edit.php", cookie).text
    assert len(service.rows("feedback")) == told
    assert not site.php("return get_option('moderation_allowed');")
    # What was cleaned and cleaned again has another original.
    title, text, _ = PLACES["body"]
    number = by_rest(site, title, text)
    page = site.get("/wp-admin/edit.php", cookie).text
    assert site.rest("POST", f"/wp/v2/posts/{number}", {"content": f"{text}\n\n{HIDDEN}"}).status == 200
    for answer in ("not_spam", "restore", "dismiss"):
        press(site, cookie, page, "post", number, answer)
        found = post(site, number)
        assert (found["status"], found["record"]["state"]) == ("publish", "cleaned")
        assert BLOCK not in found["text"]
        assert HIDDEN in found["original"]["html"]


@BOTH
def test_two_answers_at_once_are_one(site: WordPress) -> None:
    number = by_code(site, BLOCK, SPAM)
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    site.php(f"""
        global $wpdb;
        $row = ['option_name' => 'moderation_lock_post_{number}', 'autoload' => 'no'];
        $wpdb->insert($wpdb->options, $row + ['option_value' => (string) time()]);
    """)
    press(site, cookie, page, "post", number, "not_spam")
    assert post(site, number)["status"] == "pending"
    assert "Somebody else is answering" in site.get("/wp-admin/edit.php", cookie).text
    # One that somebody left behind does not stay.
    site.php(f"""
        global $wpdb;
        $old = ['option_value' => (string) (time() - 100)];
        $wpdb->update($wpdb->options, $old, ['option_name' => 'moderation_lock_post_{number}']);
    """)
    press(site, cookie, page, "post", number, "not_spam")
    assert post(site, number)["status"] == "publish"
    assert site.php(f"return get_option('moderation_lock_post_{number}');") is False


@NEW
def test_an_answer_that_the_record_leaves_no_more_does_nothing(site: WordPress) -> None:
    title, text, _ = PLACES["body"]
    number = by_rest(site, title, text)
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    press(site, cookie, page, "post", number, "restore")
    # The same buttons again, and those of another state of this record.
    for answer in ("restore", "dismiss", "not_spam"):
        press(site, cookie, page, "post", number, answer)
        assert (post(site, number)["status"], post(site, number)["text"]) == ("pending", text)
    said = site.php(
        f"""
        $answers = Moderation\\parts()['answers'];
        $seen = (new ReflectionMethod($answers, 'seen'));
        $seen->setAccessible(true);
        $seen = $seen->invoke(null, 'post', {number});
        return [$answers->give('post', {number}, 'dismiss', $seen), $answers->give('post', {number}, 'restore', $seen)];
    """,
        "admin",
    )
    assert said == ["There is nothing to decide about this any more."] * 2
    assert post(site, number)["record"]["state"] == "held"


@NEW
def test_authors_do_not_wipe_their_traces(site: WordPress) -> None:
    title, text, _ = PLACES["body"]
    number = by_code(site, title, text, post_author=site.users["author"]["id"])
    writer = site.login("author")
    page = site.get("/wp-admin/edit.php", writer).text
    assert "answer=dismiss" not in page
    press(site, writer, page, "post", number, "restore")
    assert post(site, number)["status"] == "pending"
    assert post(site, number)["original"]["html"] == text
    # Nor by writing more than are kept.
    for each in range(12):
        more = f"{text}\n\n<p>第 {each} 次修改。</p>"
        site.php(f"wp_update_post(wp_slash(['ID' => {number}, 'post_content' => {quoted(more)}]));", "author")
    kept = site.php(f"return get_post_meta({number}, '_moderation_original');")
    assert len(kept) == 10
    assert kept[0]["html"] == text


@NEW
def test_what_is_too_large_can_be_published_by_a_person(site: WordPress, service: Service) -> None:
    row = {"post_title": TITLE, "post_content": ARTICLE, "post_status": "publish"}
    # Not by code that stores more than WordPress can show: 413 is what a smaller limit of a proxy says too.
    number = site.php(f"""
        $answer = ['response' => ['code' => 413], 'headers' => [], 'body' => ''];
        add_filter('pre_http_request', fn() => $answer);
        return wp_insert_post(wp_slash({quoted(row)}));
    """)
    assert post(site, number)["status"] == "pending"
    service.stop()
    cookie = site.login()
    press(site, cookie, site.get("/wp-admin/edit.php", cookie).text, "post", number, "not_spam")
    assert (post(site, number)["status"], post(site, number)["record"]) == ("publish", None)


@BOTH
def test_contributors_see_neither_others_findings_nor_the_service(site: WordPress, service: Service) -> None:
    site.php("""
        $about = ['user_login' => 'contributor', 'role' => 'contributor', 'user_email' => 'c@example.org'];
        if (!get_user_by('login', 'contributor')) wp_insert_user($about + ['user_pass' => 'pw']);
    """)
    title, text, _ = PLACES["body"]
    by_rest(site, title, text)
    held = by_code(site, BLOCK, SPAM)
    say_by_form(site, BLOCK, by_code(site, TITLE, ARTICLE))
    service.stop()
    settings(site, when_down="closed")
    row = {"post_title": TITLE, "post_content": ARTICLE, "post_status": "pending"}
    own = int(
        site.php(
            f"""
        return wp_insert_post(wp_slash({quoted(row)}));
    """,
            "contributor",
        )
    )
    cookie = site.login("contributor")
    port = service.url.rpartition(":")[2]
    listed = site.get("/wp-admin/edit.php?all_posts=1", cookie)
    assert listed.status == 200
    assert "moderation-finding" not in listed.text
    assert "moderation=held" not in listed.text
    narrowed = text_of(site.get("/wp-admin/edit.php?moderation=held", cookie).text)
    assert f'id="post-{held}"' in text_of(
        site.get("/wp-admin/edit.php?all_posts=1&post_status=pending", site.login()).text
    )
    assert f'id="post-{held}"' not in narrowed or f'id="post-{own}"' in narrowed
    mine = site.get(f"/wp-admin/post.php?post={own}&action=edit&classic-editor", cookie).text
    assert "could not be checked" in mine
    assert "The service gave no verdict" in mine
    for page in (
        listed.text,
        mine,
        narrowed,
        site.get("/wp-admin/edit-comments.php", cookie).text,
        site.get("/wp-admin/", cookie).text,
    ):
        assert f":{port}" not in page
        assert "cannot be reached" not in page
        assert "澳****" not in page
    editor = site.login("editor")
    assert f":{port}" not in site.get("/wp-admin/edit.php", editor).text
    assert f":{port}" in site.get("/wp-admin/edit.php", site.login()).text

"""The lists of posts: one answer to all that are ticked, and the column of what was found."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from plugins.wordpress.doors import (
    ARTICLE,
    BLOCK,
    BOTH,
    HIDDEN,
    NEW,
    PLACES,
    SPAM,
    TITLE,
    by_code,
    by_rest,
    post,
    quoted,
    settings,
    smuggle,
)
from plugins.wordpress.server import Service, WordPress, text_of

FIELD = re.compile(r'name="moderation_seen\[(\d+)\]" value="([\w-]+)"')


def tick(site: WordPress, cookie: str, page: str, action: str, *numbers: int, kind: str = "post") -> str:
    """What the list says after an action on posts that are ticked in a page of it."""
    nonce = re.search(r'id="_wpnonce" name="_wpnonce" value="(\w+)"', page)
    assert nonce
    path = f"/wp-admin/edit.php?post_type={kind}"
    fields = [("_wpnonce", nonce[1]), ("action", action), ("action2", "-1"), ("_wp_http_referer", path)]
    fields += [("post_type", kind), *(("post[]", str(number)) for number in numbers)]
    fields += [(f"moderation_seen[{number}]", token) for number, token in FIELD.findall(page)]
    answer = site.get(f"/wp-admin/edit.php?{urlencode(fields)}", cookie)
    assert answer.status == 302, text_of(answer.text)[-1500:]
    assert "moderation_seen" not in answer.headers["location"]
    return text_of(site.get(path, cookie).text)


@BOTH
def test_posts_that_are_ticked_are_marked_as_not_spam(site: WordPress, service: Service) -> None:
    title, text, _ = PLACES["title"]
    cleaned = by_rest(site, title, text)
    held, other = by_code(site, BLOCK, SPAM), by_code(site, BLOCK, SPAM + BLOCK)
    open_post = by_code(site, TITLE, ARTICLE)
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    assert '<option value="moderation_not_spam">Mark as not spam</option>' in page
    told = len(service.rows("feedback"))
    said = tick(site, cookie, page, "moderation_not_spam", cleaned, held, open_post)
    assert "Marked as not spam: 2 of 3." in said
    assert f"this cannot be answered about it: 1 (#{open_post})." in said
    for number, expected in [(cleaned, (title, text)), (held, (BLOCK, SPAM))]:
        found = post(site, number)
        assert (found["title"], found["text"], found["status"], found["record"]) == (*expected, "publish", None)
    assert post(site, other)["status"] == "pending"
    rows = service.rows("feedback")[told:]
    assert [row["is_spam"] for row in rows] == [0, 0]


@BOTH
def test_posts_that_are_ticked_are_marked_as_spam(site: WordPress, service: Service) -> None:
    title, text, _ = PLACES["hidden"]
    held, flagged = by_code(site, BLOCK, SPAM), smuggle(site, title, text)
    cleaned = by_rest(site, *PLACES["body"][:2])
    site.php(f"return moderation_audit(['ids' => [{flagged}]]);")
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    told = len(service.rows("feedback"))
    said = tick(site, cookie, page, "moderation_spam", held, flagged, cleaned)
    assert "Marked as spam and moved to the trash: 2 of 3." in said
    # Nothing is left of the spam in what was cleaned: there is no such button for it either.
    assert f"this cannot be answered about it: 1 (#{cleaned})." in said
    assert [post(site, each)["status"] for each in (held, flagged, cleaned)] == ["trash", "trash", "publish"]
    assert [row["is_spam"] for row in service.rows("feedback")[told:]] == [1, 1]
    assert "moderation_spam" not in site.get("/wp-admin/edit.php?post_status=trash", cookie).text


@BOTH
def test_what_has_changed_since_the_list_was_shown_is_left(site: WordPress, service: Service) -> None:
    author = site.users["author"]["id"]
    same, changed = by_code(site, BLOCK, SPAM), by_code(site, BLOCK, f"{SPAM}<p>{BLOCK}</p>", post_author=author)
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    worse = quoted(SPAM + HIDDEN)
    site.php(f"wp_update_post(wp_slash(['ID' => {changed}, 'post_content' => {worse}]));", "author")
    # One that the list did not show yet, and one whose field somebody has written.
    later, forged = by_code(site, BLOCK, SPAM + TITLE), by_code(site, BLOCK, SPAM + ARTICLE)
    seen, nonce = dict(FIELD.findall(page))[str(same)].split("-")
    page += f'<input name="moderation_seen[{forged}]" value="{seen}-{nonce}">'
    told = len(service.rows("feedback"))
    said = tick(site, cookie, page, "moderation_not_spam", same, changed, later, forged)
    assert "Marked as not spam: 1 of 4." in said
    assert f"not what the list has shown: 3 (#{changed}, #{later}, #{forged})." in said
    assert [post(site, each)["status"] for each in (same, changed, later, forged)] == ["publish", *["pending"] * 3]
    assert len(service.rows("feedback")) == told + 1
    assert site.php("return count(get_option('moderation_allowed'));") == 1
    # Nor does the answer of one person do for another.
    fields, editor = FIELD.findall(page), site.login("editor")
    page = FIELD.sub("", site.get("/wp-admin/edit.php", editor).text)
    page += "".join(f'<input name="moderation_seen[{number}]" value="{token}">' for number, token in fields)
    said = tick(site, editor, page, "moderation_spam", changed)
    assert "Marked as spam and moved to the trash: 0 of 1." in said
    assert post(site, changed)["status"] == "pending"


@NEW
def test_many_answers_are_given_by_those_who_may_give_each(site: WordPress) -> None:
    author = site.users["author"]["id"]
    number = by_code(site, BLOCK, SPAM, post_author=author)
    writer = site.login("author")
    page = site.get("/wp-admin/edit.php", writer).text
    assert "澳****" in page
    assert "moderation_not_spam" not in page
    assert FIELD.findall(page) == []
    assert "Marked as" not in tick(site, writer, page, "moderation_not_spam", number)
    assert post(site, number)["status"] == "pending"
    # An editor who may not edit what is private.
    private = smuggle(site, PLACES["hidden"][0], PLACES["hidden"][1])
    site.php(f"""
        wp_update_post(['ID' => {private}, 'post_status' => 'private']);
        Moderation\\Record::set('post', {private}, ['state' => 'flagged']);
        get_user_by('login', 'editor')->add_cap('edit_private_posts', false);
        get_user_by('login', 'editor')->add_cap('edit_published_posts', true);
    """)
    editor = site.login("editor")
    page = site.get("/wp-admin/edit.php", editor).text
    said = tick(site, editor, page, "moderation_not_spam", private, number)
    site.php("get_user_by('login', 'editor')->remove_cap('edit_private_posts');")
    assert "Marked as not spam: 1 of 2." in said
    assert f"you may not decide about it: 1 (#{private})." in said
    assert post(site, private)["record"]["state"] == "flagged"
    assert post(site, number)["status"] == "publish"


@NEW
def test_what_was_never_checked_is_not_published_in_a_heap(site: WordPress, service: Service) -> None:
    service.stop()
    settings(site, when_down="closed")
    unchecked = by_code(site, TITLE, ARTICLE)
    held = by_code(site, TITLE, ARTICLE + HIDDEN)
    site.php(f"Moderation\\Record::set('post', {held}, ['state' => 'held', 'meant' => 'publish', 'time' => 1]);")
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    site.php(f"""
        global $wpdb;
        $row = ['option_name' => 'moderation_lock_post_{held}', 'option_value' => (string) time(), 'autoload' => 'no'];
        $wpdb->insert($wpdb->options, $row);
    """)
    said = tick(site, cookie, page, "moderation_not_spam", unchecked, held)
    assert "Marked as not spam: 0 of 2." in said
    assert f"it was never checked: 1 (#{unchecked})." in said
    assert f"somebody else is answering: 1 (#{held})." in said
    site.php(f"Moderation\\Lock::free('post_{held}');")
    said = tick(site, cookie, page, "moderation_not_spam", held)
    assert f"The service does not answer and will be told later: 1 (#{held})." in said
    assert [post(site, each)["status"] for each in (unchecked, held)] == ["pending", "publish"]


@NEW
def test_the_list_of_another_type_has_the_answers_too(site: WordPress) -> None:
    number = by_code(site, BLOCK, SPAM, post_type="page")
    cookie = site.login()
    page = site.get("/wp-admin/edit.php?post_type=page", cookie).text
    assert "Marked as spam and moved to the trash: 1 of 1." in tick(
        site, cookie, page, "moderation_spam", number, kind="page"
    )
    assert post(site, number)["status"] == "trash"
    settings(site, types=["post"])
    assert "moderation_spam" not in site.get("/wp-admin/edit.php?post_type=page", cookie).text


@NEW
def test_the_column_names_the_label_first_and_stays_short(site: WordPress) -> None:
    number = by_code(site, BLOCK, SPAM)
    site.php(f"""
        $row = Moderation\\Record::get('post', {number});
        $finding = ['masked' => str_repeat('某****', 30)] + $row['findings'][0];
        $row['findings'] = array_fill(0, 5, $finding);
        Moderation\\Record::set('post', {number}, $row);
    """)
    page = site.get("/wp-admin/edit.php", site.login()).text
    row = page[page.index(f'id="post-{number}"') :]
    cell = row[row.index("column-moderation") : row.index("</tr>")]
    cell = cell[: cell.index("</td>")]
    found = re.findall(r'<div class="moderation-finding" title="[^"]*"><b>(.*?)</b> (.*?)</div>', cell)
    assert len(found) == 3
    assert {label for label, _ in found} == {"gambling"}
    assert all(len(text) < 60 and text.endswith("…") for _, text in found)
    assert "and 2 more" in cell
    # Beside the title, and empty where there is nothing to tell: on a phone an empty one takes no room.
    heads = re.findall(r'<th scope="col" id=["\'](\w+)["\']', page)
    assert heads.index("moderation") == heads.index("title") + 1
    clean = by_code(site, TITLE, ARTICLE)
    page = site.get("/wp-admin/edit.php", site.login()).text
    row = page[page.index(f'id="post-{clean}"') :]
    assert re.search(r"column-moderation' data-colname=\"Moderation\"></td>", row[: row.index("</tr>")])

"""What other hooks store while the plug-in stores a text as it is."""

from __future__ import annotations

import pytest

from plugins.wordpress.doors import ARTICLE, BLOCK, BOTH, GOOD, SPAM, TITLE, by_code, comment, post, quoted, say_by_code
from plugins.wordpress.server import WordPress

FRAME = '<iframe src="https://maps.example.org/a"></iframe>'
HOOKS = ("content_save_pre", "wp_insert_post_data", "save_post", "clean_post_cache", "post_updated")


@BOTH
@pytest.mark.parametrize("hook", HOOKS)
def test_what_another_hook_stores_meanwhile_is_filtered_and_judged(site: WordPress, hook: str) -> None:
    author = site.users["author"]["id"]
    # An administrator put a map into an author's post; the author puts back what was cut from it.
    text = f"{ARTICLE}\n\n{FRAME}\n\n<p>{BLOCK}</p>"
    number = by_code(site, TITLE, text, post_author=author)
    assert post(site, number)["record"]["state"] == "cleaned"
    assert FRAME in post(site, number)["text"]
    row = {"post_title": TITLE, "post_content": SPAM + FRAME, "post_status": "publish"}
    others = site.php(
        f"""
        $made = [];
        add_filter('{hook}', function ($given) use (&$made) {{
            static $is_on = false;
            if ($is_on || count($made) > 3) return $given;
            $is_on = true;
            $made[] = wp_insert_post(wp_slash({quoted(row)}));
            $is_on = false;
            return $given;
        }});
        $answers = Moderation\\parts()['answers'];
        $seen = new ReflectionMethod($answers, 'seen');
        $seen->setAccessible(true);
        $answers->give('post', {number}, 'restore', $seen->invoke(null, 'post', {number}));
        return $made;
    """,
        "author",
    )
    found = post(site, number)
    assert (found["status"], found["text"]) == ("pending", text)
    assert others
    for other in others:
        found = post(site, other)
        assert (found["status"], found["record"]["state"]) == ("pending", "held")
        assert "iframe" not in found["text"]
        site.php(f"wp_delete_post({other}, true);")


@BOTH
def test_what_follows_a_text_that_could_not_be_stored_is_judged(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE)
    row = {"ID": number, "post_content": SPAM}
    site.php(
        f"""
        $throw = function () {{ throw new RuntimeException('no'); }};
        add_filter('content_save_pre', $throw);
        try {{
            Moderation\\parts()['posts']->save({quoted(row)}, true);
        }} catch (RuntimeException $error) {{
            remove_filter('content_save_pre', $throw);
        }}
        wp_update_post(wp_slash({quoted(row)}));
    """,
        "author",
    )
    assert post(site, number)["record"]["state"] == "held"


@BOTH
def test_comments_that_another_hook_changes_meanwhile_are_filtered_and_judged(site: WordPress) -> None:
    number = by_code(site, TITLE, ARTICLE)
    one, other = (say_by_code(site, f"{GOOD} {each}", number) for each in "甲乙")
    text = f"{GOOD} 甲 {FRAME} {BLOCK}"
    site.php(
        f"""
        kses_init_filters();
        add_filter('wp_update_comment_data', function ($data) {{
            static $is_on = false;
            if ($is_on) return $data;
            $is_on = true;
            $bad = {quoted(f"{BLOCK} {FRAME}")};
            wp_update_comment(wp_slash(['comment_ID' => {other}, 'comment_content' => $bad]));
            return $data;
        }}, 10);
        Moderation\\parts()['comments']->save(['comment_ID' => {one}, 'comment_content' => {quoted(text)}]);
    """,
        "editor",
    )
    assert (comment(site, one)["text"], comment(site, one)["approved"]) == (text, "1")
    found = comment(site, other)
    assert (found["text"].strip(), found["approved"], found["record"]["state"]) == (BLOCK, "0", "held")

"""Posts that are there already: by function, by command, by ticking them."""

from __future__ import annotations

import json
import re

import pytest

from plugins.wordpress.doors import ARTICLE, BLOCK, BOTH, HIDDEN, NEW, PLACES, TITLE, by_code, post, quoted, smuggle
from plugins.wordpress.server import Service, WordPress, text_of


@BOTH
def test_an_audit_marks_and_on_request_cleans(site: WordPress, service: Service) -> None:
    title, text, after = PLACES["hidden"]
    last = by_code(site, TITLE, ARTICLE)
    bad, titled = smuggle(site, title, text), smuggle(site, f"{TITLE}|{BLOCK}", ARTICLE)
    found = site.php(f"return moderation_audit(['after' => {last - 1}]);")
    assert (found["checked"], found["flagged"], found["stopped"], found["last"]) == (3, 2, "", titled)
    assert [(row["id"], row["action"], row["labels"], row["outcome"]) for row in found["rows"]] == [
        (bad, "clean", "gambling", "flagged"),
        (titled, "clean", "gambling", "flagged"),
    ]
    assert BLOCK not in json.dumps(found, ensure_ascii=False)
    assert (post(site, bad)["text"], post(site, bad)["record"]["state"]) == (text, "flagged")
    found = site.php(f"return moderation_audit(['after' => {last - 1}, 'apply' => true]);")
    assert [(row["status"], row["outcome"]) for row in found["rows"]] == [("publish", "cleaned")] * 2
    assert (post(site, bad)["text"].strip(), post(site, titled)["title"]) == (after, TITLE)
    assert post(site, bad)["original"]["html"] == text
    assert site.php(f"return moderation_audit(['after' => {last - 1}, 'apply' => true]);")["flagged"] == 0
    service.stop()
    found = site.php(f"return moderation_audit(['after' => {last - 1}]);")
    assert (found["checked"], found["last"]) == (0, last - 1)
    assert "cannot be reached" in found["stopped"]


@NEW
def test_an_audit_takes_many_posts_in_parts(site: WordPress) -> None:
    first = site.php(
        f"""
        remove_all_filters('wp_insert_post_data');
        $row = {quoted({"post_content": ARTICLE, "post_status": "publish"})};
        $first = 0;
        for ($i = 0; $i < 120; ++$i) {{
            $text = $i % 40 ? $row['post_content'] : $row['post_content'] . {quoted(HIDDEN)};
            $id = wp_insert_post(wp_slash(['post_title' => "第{{$i}}篇", 'post_content' => $text] + $row));
            $first = $first ?: $id;
        }}
        return $first;
    """,
        "admin",
    )
    found = site.php(f"""
        $parts = [];
        $progress = function ($number) use (&$parts) {{ $parts[] = $number; }};
        $found = moderation_audit(['after' => {first - 1}, 'progress' => $progress]);
        return $found + ['parts' => $parts];
    """)
    assert (found["checked"], found["flagged"], found["parts"]) == (120, 3, [50, 100, 120])
    assert [row["id"] - first for row in found["rows"]] == [0, 40, 80]
    assert site.php(f"return moderation_audit(['after' => {first - 1}, 'limit' => 45]);")["checked"] == 45


@NEW
@pytest.mark.parametrize("action", ["moderation_check", "moderation_apply"])
def test_posts_that_are_ticked_are_audited(site: WordPress, action: str) -> None:
    title, text, after = PLACES["hidden"]
    good, bad = by_code(site, TITLE, ARTICLE), smuggle(site, title, text)
    cookie = site.login()
    page = site.get("/wp-admin/edit.php", cookie).text
    assert f'<option value="{action}">' in page
    nonce = re.search(r'id="_wpnonce" name="_wpnonce" value="(\w+)"', page)
    assert nonce
    query = f"_wpnonce={nonce[1]}&action={action}&action2=-1&post[]={good}&post[]={bad}"
    assert site.get(f"/wp-admin/edit.php?{query}&_wp_http_referer=/wp-admin/edit.php", cookie).status == 302
    assert "2 checked, 1 flagged." in site.get("/wp-admin/edit.php", cookie).text
    found = post(site, bad)
    expected = ("flagged", text) if action == "moderation_check" else ("cleaned", after)
    assert (found["record"]["state"], found["text"].strip()) == expected
    assert post(site, good)["record"] is None
    narrowed = text_of(site.get(f"/wp-admin/edit.php?moderation={expected[0]}", cookie).text)
    assert f'id="post-{bad}"' in narrowed
    assert f'id="post-{good}"' not in narrowed


@NEW
def test_the_command_of_wp_cli_says_what_it_found(site: WordPress, service: Service) -> None:
    # WP-CLI is no package anywhere: these few lines stand where it would, and note what it is told to print.
    cli = """
        namespace { class WP_CLI {
            public static $said = [];
            public static function log($text) { self::$said[] = $text; }
            public static function success($text) { self::$said[] = $text; }
            public static function error($text) { self::$said[] = "error: $text"; }
        } }
        namespace WP_CLI\\Utils { function format_items($format, $rows, $columns) {
            $only = fn($row) => array_intersect_key($row, array_flip($columns));
            \\WP_CLI::$said[] = [$format, array_map($only, $rows)];
        } }
    """
    (site.folder / "cli.php").write_text(f"<?php {cli}", "utf-8")
    title, text, _ = PLACES["hidden"]
    last = by_code(site, TITLE, ARTICLE)
    bad = smuggle(site, title, text)
    use = f"""
        require {quoted(str(site.folder / "cli.php"))};
        require_once WP_PLUGIN_DIR . '/moderation/includes/class-command.php';
        $parts = Moderation\\parts();
        $command = new Moderation\\Command($parts['audit'], $parts['client']);
    """
    options = {"post_type": "post, page", "after": str(last - 1), "format": "csv"}
    said = site.php(f"{use} $command->audit([], {quoted(options)}); return WP_CLI::$said;")
    assert said[1] == "2 posts judged, 1 flagged"
    assert said[0][0] == "csv"
    row = {
        "id": bad,
        "type": "post",
        "status": "publish",
        "action": "clean",
        "labels": "gambling",
        "outcome": "flagged",
    }
    assert said[0][1] == [{**row, "title": title, "error": ""}]
    (said,) = site.php(f"{use} $command->test([], []); return WP_CLI::$said;")
    assert said.startswith("zh-headspam@")
    service.stop()
    said = site.php(f"{use} $command->audit([], {quoted(options)}); return WP_CLI::$said;")
    assert said[1].startswith(f"error: 0 posts judged; go on with --after={last - 1}. ")

"""What the tests send, and the doors they send it by."""

from __future__ import annotations

import html
import json
import re
import xmlrpc.client
from base64 import b64encode
from typing import Any

import pytest

from plugins.wordpress.server import WordPress, text_of

KEY, CAREFUL, HOSTILE, CUTTING = "wordpresskey", "carefulkey12", "hostilekey12", "cuttingkey12"
BLOCK = "澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注"
PARAGRAPHS = [
    "今年春天，我们的工程师走访了十二家自来水厂，记录了每一台仪器的运行情况。",
    "读者可以在下周的开放日参观实验室，报名电话见文末。",
    "溶氧仪和浊度计的校准周期为半年，现场校准需要两名技术人员配合完成。",
] * 4
TITLE = "自来水厂水质监测仪器走访记录"
ARTICLE = "\n\n".join(f"<p>{each}</p>" for each in PARAGRAPHS)
HIDDEN = f'<div style="display:none">{BLOCK}</div>'
# Everything that is spam, and structure beside the words: a verdict of reject.
SPAM = f"<p>{BLOCK}</p><div style='display:none'>{BLOCK}</div>" * 5
MARKS = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
PLACES: dict[str, tuple[str, str, str]] = {
    # Title, text, and the text as it should be afterwards.
    "title": (f"{TITLE}|{BLOCK}", ARTICLE, ARTICLE),
    "body": (TITLE, ARTICLE + f"\n\n<p>{BLOCK}</p>", ARTICLE),
    "hidden": (TITLE, ARTICLE + f"\n\n{HIDDEN}", ARTICLE),
    "plain": (TITLE, "\n\n".join([*PARAGRAPHS[:6], BLOCK, *PARAGRAPHS[6:]]), "\n\n".join(PARAGRAPHS)),
    "blocks": (
        TITLE,
        "".join(f"<!-- wp:paragraph -->\n<p>{each}</p>\n<!-- /wp:paragraph -->\n\n" for each in [*PARAGRAPHS, BLOCK]),
        "".join(f"<!-- wp:paragraph -->\n<p>{each}</p>\n<!-- /wp:paragraph -->\n\n" for each in PARAGRAPHS),
    ),
}
BOTH = pytest.mark.parametrize("site", ["6.8", "6.1"], indirect=True)
NEW = pytest.mark.parametrize("site", ["6.8"], indirect=True)
DEFAULTS = {"when_down": "open", "on_clean": "clean", "on_review": "hold", "on_reject": "reject"}


GOOD = "写得很好，谢谢分享。请问溶氧仪的校准周期是怎么定的？我们厂里一直是一年一次。"
MIXED = f"{GOOD}\n\n{GOOD}\n\n{BLOCK}"


def settings(site: WordPress, **given: Any) -> None:
    if key := given.pop("key", ""):
        site.php(f"update_option('moderation_service_key', {quoted(key)});")
    site.php(f"update_option('moderation_settings', {quoted(given)} + (array) get_option('moderation_settings'));")


def quoted(value: Any) -> str:
    """A value as PHP has it."""
    return f"json_decode(base64_decode('{b64encode(json.dumps(value).encode()).decode()}'), true)"


def post(site: WordPress, number: int) -> dict[str, Any]:
    """All that is stored of a post."""
    found: dict[str, Any] = site.php(f"""
        $post = get_post({number});
        return ['title' => $post->post_title, 'text' => $post->post_content, 'excerpt' => $post->post_excerpt,
            'status' => $post->post_status, 'slug' => $post->post_name,
            'record' => Moderation\\Record::get('post', {number}),
            'original' => Moderation\\Record::original('post', {number})];
    """)
    return found


def comment(site: WordPress, number: int) -> dict[str, Any]:
    found: dict[str, Any] = site.php(f"""
        $found = get_comment({number});
        return ['text' => $found->comment_content, 'approved' => $found->comment_approved,
            'record' => Moderation\\Record::get('comment', {number}),
            'original' => Moderation\\Record::original('comment', {number})];
    """)
    return found


def rpc(site: WordPress) -> Any:
    return xmlrpc.client.ServerProxy(site.url + "/xmlrpc.php")


def by_rest(site: WordPress, title: str, text: str, **more: Any) -> int:
    answer = site.rest("POST", "/wp/v2/posts", {"title": title, "content": text, "status": "publish", **more})
    assert answer.status == 201, answer.text
    number: int = answer.json["id"]
    return number


def by_new_post(site: WordPress, title: str, text: str) -> int:
    fields = {"post_title": title, "post_content": text, "post_status": "publish", "post_type": "post"}
    return int(rpc(site).wp.newPost(1, "admin", "pw", fields))


def by_meta_weblog(site: WordPress, title: str, text: str) -> int:
    fields = {"title": title, "description": text, "post_type": "post"}
    return int(rpc(site).metaWeblog.newPost(1, "admin", "pw", fields, True))


def by_code(site: WordPress, title: str, text: str, **more: Any) -> int:
    row = {"post_title": title, "post_content": text, "post_status": "publish", **more}
    return int(site.php(f"return wp_insert_post(wp_slash({quoted(row)}), true);", "admin"))


def by_form(site: WordPress, title: str, text: str) -> int:
    """As the classic editor's form does: a new post's number is given out before it is sent."""
    cookie = site.login()
    page = site.get("/wp-admin/post-new.php?classic-editor", cookie).text
    number = re.search(r"name='post_ID' value='(\d+)'|post_ID\" value=\"(\d+)\"|\"postId\":(\d+)", page)
    assert number
    found = next(filter(None, number.groups()))
    nonce = site.get(f"/wp-admin/admin-ajax.php?action=tests_nonce&name=update-post_{found}", cookie).text.strip()
    fields = {
        "_wpnonce": nonce, "action": "editpost", "post_ID": found, "post_type": "post", "post_title": title,
        "content": text, "publish": "Publish", "post_status": "draft", "original_post_status": "auto-draft",
        "user_ID": "1", "visibility": "public",
    }  # fmt: skip
    answer = site.form("/wp-admin/post.php", fields, cookie)
    assert answer.status == 302, text_of(answer.text)[-2000:]
    return int(found)


DOORS = {"rest": by_rest, "wp.newPost": by_new_post, "metaWeblog": by_meta_weblog, "code": by_code, "form": by_form}


def say_by_form(site: WordPress, text: str, number: int) -> int:
    fields = {"comment": text, "author": "李雷", "email": "li@example.org", "url": "", "comment_post_ID": str(number)}
    answer = site.form("/wp-comments-post.php", fields)
    assert answer.status == 302, text_of(answer.text)[-1500:]
    return int(
        site.php("return get_comments(['number' => 1, 'orderby' => 'comment_ID', 'status' => 'any'])[0]->comment_ID;")
    )


def say_by_rest(site: WordPress, text: str, number: int) -> int:
    row = {"post": number, "content": text, "author_name": "李雷", "author_email": "li@example.org"}
    answer = site.rest("POST", "/wp/v2/comments", row)
    assert answer.status == 201, answer.text
    return int(answer.json["id"])


def say_by_code(site: WordPress, text: str, number: int) -> int:
    row = {
        "comment_post_ID": number,
        "comment_content": text,
        "comment_author": "李雷",
        "comment_author_email": "l@example.org",
    }
    row |= {"comment_author_url": "", "comment_author_IP": "127.0.0.1", "comment_agent": "tests"}
    return int(site.php(f"return wp_new_comment(wp_slash({quoted(row)}), true);"))


SAYING = {"form": say_by_form, "rest": say_by_rest, "code": say_by_code}


def smuggle(site: WordPress, title: str, text: str) -> int:
    """A post that came in past the plug-in, as by somebody who has the database."""
    row = {"post_title": title, "post_content": text, "post_status": "publish"}
    code = f"""
        remove_all_filters('wp_insert_post_data');
        remove_all_actions('transition_post_status', 1);
        return wp_insert_post(wp_slash({quoted(row)}));
    """
    return int(site.php(code, "admin"))


def button(page: str, kind: str, number: int, answer: str) -> str:
    """The address of a button, as it stands in a page."""
    for found in re.findall(r'href="([^"]*moderation_answer[^"]*)"', page):
        url = html.unescape(found)
        if f"kind={kind}&" in url and f"id={number}&" in url and f"answer={answer}&" in url:
            return url
    raise AssertionError(f"no button {answer} for {kind} {number}")


def press(site: WordPress, cookie: str, page: str, kind: str, number: int, answer: str) -> None:
    url = button(page, kind, number, answer)
    assert site.get(url.removeprefix(site.url), cookie).status == 302


def press_test(site: WordPress, cookie: str) -> str:
    page = site.get("/wp-admin/options-general.php?page=moderation", cookie).text
    form = page[page.index('value="moderation_test"') :]
    nonce = re.search(r'name="_wpnonce" value="(\w+)"', form)
    assert nonce
    answer = site.form("/wp-admin/admin-post.php", {"action": "moderation_test", "_wpnonce": nonce[1]}, cookie)
    assert answer.status == 302
    return text_of(site.get("/wp-admin/options-general.php?page=moderation", cookie).text)

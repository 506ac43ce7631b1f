"""WordPress's own Akismet plug-in, as Debian ships it and unmodified, led to the service by a proxy's constants."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.wordpress.doors import BLOCK, GOOD, by_rest, say_by_form, say_by_rest
from plugins.wordpress.fetch import missing
from plugins.wordpress.server import Service, WordPress, start, wait

KEY = "akismetkey12"
# As Debian packages them, at the time of writing; the tests say what they met.
VERSIONS = {"6.8": "5.5", "6.1": "5.0.2"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    pytest.importorskip("granian", reason="needs moderation[service]")
    found = Service(tmp_path_factory.mktemp("service"), {"blog": (KEY, "")})
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module", params=["6.8", "6.1"])
def site(
    request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WordPress]:
    if reason := missing(request.param):
        pytest.skip(reason)
    proxy = {
        "WP_PROXY_HOST": "127.0.0.1",
        "WP_PROXY_PORT": str(service.port),
        "WP_PROXY_BYPASS_HOSTS": "localhost, 127.0.0.1",
    }
    found = start(tmp_path_factory.mktemp("akismet"), request.param, proxy)
    said = found.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php'; return activate_plugin('akismet/akismet.php');"
    )
    assert said is None
    found.php(f"update_option('wordpress_api_key', '{KEY}'); update_option('akismet_strictness', '0');")
    yield found
    found.stop()


def status(site: WordPress, number: int) -> str:
    return str(site.php(f"return get_comment({number})->comment_approved;"))


def test_it_is_the_stock_plug_in(site: WordPress) -> None:
    version = site.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
        "return get_plugin_data(WP_PLUGIN_DIR . '/akismet/akismet.php')['Version'];"
    )
    assert version == VERSIONS[site.version]


def test_keys_are_verified(site: WordPress) -> None:
    assert site.php(f"return Akismet::verify_key('{KEY}');") == "valid"
    assert site.php("return Akismet::verify_key('otherkey1234');") == "invalid"


@pytest.mark.parametrize("door", [say_by_form, say_by_rest])
def test_comments_are_judged(site: WordPress, service: Service, door: object) -> None:
    assert callable(door)
    number = by_rest(site, "走访记录", "<p>走访了十二家自来水厂。</p>")
    before = len(service.rows("verdicts"))
    good, bad = door(site, GOOD, number), door(site, BLOCK, number)
    assert (status(site, good), status(site, bad)) == ("1", "spam")
    assert [(row["protocol"], row["action"] == "allow") for row in service.rows("verdicts")[before:]] == [
        ("akismet", True),
        ("akismet", False),
    ]


def test_what_a_moderator_says_arrives(site: WordPress, service: Service) -> None:
    number = by_rest(site, "走访记录", "<p>走访了十二家自来水厂。</p>")
    good, bad = say_by_form(site, f"{GOOD} 谢谢。", number), say_by_form(site, BLOCK, number)
    before = len(service.rows("feedback"))
    assert site.rest("POST", f"/wp/v2/comments/{bad}", {"status": "approved"}).status == 200
    assert site.rest("POST", f"/wp/v2/comments/{good}", {"status": "spam"}).status == 200
    wait(lambda: len(service.rows("feedback")) == before + 2, "the feedback did not arrive", 10)
    ham, spam = service.rows("feedback")[before:]
    assert (ham["site"], ham["protocol"], ham["is_spam"], BLOCK in ham["text"]) == ("blog", "akismet", 0, True)
    assert (spam["site"], spam["protocol"], spam["is_spam"], GOOD in spam["text"]) == ("blog", "akismet", 1, True)


def test_no_credential_is_kept(site: WordPress, service: Service) -> None:
    # The plug-in sends the password of a REST call along, as HTTP_AUTHORIZATION.
    password = site.users["admin"]["application"]
    number = by_rest(site, "走访记录", "<p>走访了十二家自来水厂。</p>")
    assert status(site, say_by_rest(site, f"{GOOD} 再见。", number)) == "1"
    sent = b64encode(f"admin:{password}".encode())
    kept = b"".join(path.read_bytes() for path in Path(service.folder).iterdir())
    assert sent not in kept
    assert password.encode() not in kept
    assert b"HTTP_AUTHORIZATION" not in kept

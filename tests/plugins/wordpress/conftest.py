"""WordPress and the service, begun once for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from plugins.wordpress.doors import CAREFUL, CUTTING, DEFAULTS, HOSTILE, KEY, MARKS, quoted
from plugins.wordpress.fetch import missing
from plugins.wordpress.server import Service, WordPress, start


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    pytest.importorskip("granian", reason="needs moderation[service]")
    keys = {
        "blog": (KEY, ""),
        "careful": (CAREFUL, "clean = 1.0"),
        "hostile": (HOSTILE, f"name = {json.dumps(MARKS)}"),
        "cutting": (CUTTING, 'comments = "clean"'),
    }
    found = Service(tmp_path_factory.mktemp("service"), keys)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """The service, which may be stopped."""
    yield running
    if not running.process:
        running.start()


@pytest.fixture(scope="package")
def sites(running: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, WordPress]]:
    found: dict[str, WordPress] = {}
    yield found
    for each in found.values():
        each.stop()
        log = each.folder / "errors.log"
        assert not log.exists() or "moderation" not in log.read_text("utf-8"), log.read_text("utf-8")


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    sites: dict[str, WordPress],
    service: Service,
    tmp_path_factory: pytest.TempPathFactory,
) -> WordPress:
    """WordPress of one version, with the plug-in active and set as a new one is."""
    version: str = request.param
    if reason := missing(version):
        pytest.skip(reason)
    if version not in sites:
        sites[version] = start(tmp_path_factory.mktemp("wordpress"), version)
        said = sites[version].php(
            "require_once ABSPATH . 'wp-admin/includes/plugin.php';return activate_plugin('moderation/moderation.php');"
        )
        assert said is None
    found = sites[version]
    fresh = quoted({"url": service.url, "timeout": 3, **DEFAULTS})
    found.php(f"""
        update_option('moderation_settings', {fresh});
        add_option('moderation_service_key', '', '', 'no');
        update_option('moderation_service_key', {quoted(KEY)});
        delete_option('moderation_allowed');
        update_option('moderation_trouble', '');
        delete_metadata('post', 0, Moderation\\Record::UNSENT, '', true);
        delete_metadata('comment', 0, Moderation\\Record::UNSENT, '', true);
        wp_clear_scheduled_hook('moderation_resend');
    """)
    return found

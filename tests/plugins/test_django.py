"""Models, forms and comments of plain Django; by a moderator in the process, and by a running service."""

from __future__ import annotations

import http.server
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("django", reason="needs moderation[django]: make test-all")

from .conftest import KEY, ROOT, Service, free_port, manage  # only where Django is installed

pytestmark = pytest.mark.filterwarnings("default")

BLOCK = "澳门威尼斯人官网_真人百家乐开户_新葡京娱乐场_时时彩投注"
PROSE = "本公司专业生产水质分析仪、溶氧仪、浊度计等在线监测设备，提供安装调试与校准服务，欢迎各地水务部门来电咨询选型。"
BAD = f"{BLOCK}\n{PROSE}"


@pytest.fixture
def setting() -> Iterator[Any]:
    from django.test import override_settings

    entered = []

    def say(outcome: str | None = None, **more: Any) -> None:
        row = {"ACTIONS": dict.fromkeys(("clean", "review", "reject"), outcome)} if outcome else {}
        entered.append(override_settings(MODERATION={**row, **more}))
        entered[-1].enable()

    yield say
    for each in reversed(entered):
        each.disable()


def latest() -> Any:
    from moderation.django.models import Record

    return Record.objects.first()


def count() -> int:
    from moderation.django.models import Record

    found: int = Record.objects.count()
    return found


# ---------------------------------------------------------------------------------------------------------- the mixin


def test_model_is_cleaned_when_it_is_saved(site: SimpleNamespace) -> None:
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=BAD)
    entry.refresh_from_db()
    assert (BLOCK in entry.text, PROSE in entry.text, entry.is_public) == (False, True, True)
    record = latest()
    assert (record.outcome, record.state, record.subject) == ("clean", "cleaned", entry)
    assert ["text", BAD, "text"] in record.texts


def test_model_is_held(site: SimpleNamespace, setting: Any) -> None:
    from moderation.django import actions

    setting("hold")
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=BAD)
    entry.refresh_from_db()
    assert (entry.text, entry.is_public) == (BAD, False)
    record = latest()
    assert (record.outcome, record.state) == ("hold", "open")
    assert actions.ham(record, site.admin) == "It is shown."
    entry.refresh_from_db()
    assert (entry.text, entry.is_public) == (BAD, True)
    other = site.models.Entry(headline="水质分析仪", text=BAD + "又")
    other.save()
    assert not other.is_public
    assert "the original is kept here" in actions.clean(latest(), site.admin)
    other.refresh_from_db()
    assert (BLOCK in other.text, other.is_public) == (False, True)
    assert latest().state == "cleaned"


def test_model_that_cannot_be_hidden_is_refused(site: SimpleNamespace, setting: Any) -> None:
    from django.core.exceptions import ValidationError
    from django.forms import modelform_factory

    setting("hold")
    before = count()
    with pytest.raises(ValidationError, match="looks like injected spam") as caught:
        site.models.Strict.objects.create(text=BAD)
    assert BLOCK not in str(caught.value)
    assert not site.models.Strict.objects.exists()
    form = modelform_factory(site.models.Strict, fields=["text"])({"text": BAD})
    assert not form.is_valid()
    assert form.errors.as_data()["__all__"][0].code == "spam"
    # One record, whatever the number of attempts.
    assert count() == before + 1
    assert latest().texts == [["text", BAD, "text"]]
    good = modelform_factory(site.models.Strict, fields=["text"])({"text": PROSE})
    good.save()
    assert site.models.Strict.objects.get().text == PROSE


def test_model_says_which_fields_are_text(site: SimpleNamespace, setting: Any) -> None:
    setting("hold")
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=PROSE, internal=BLOCK)
    assert entry.is_public
    entry.text = f"{BAD}0"
    entry.save(update_fields=["internal"])
    assert entry.is_public
    entry.save(update_fields=["text"])
    entry.refresh_from_db()
    assert (entry.text, entry.is_public) == (f"{BAD}0", False)


def test_validator_refuses_one_text(site: SimpleNamespace) -> None:
    from django import forms
    from django.core.exceptions import ValidationError

    from moderation.django.guard import NoSpam

    site.models.Checked(text=PROSE).full_clean()
    with pytest.raises(ValidationError) as caught:
        site.models.Checked(text=BAD).full_clean()
    assert caught.value.error_dict["text"][0].code == "spam"

    class Contact(forms.Form):
        message = forms.CharField(validators=[NoSpam()])

    assert Contact({"message": PROSE}).is_valid()
    assert "looks like injected spam" in Contact({"message": BLOCK}).errors["message"][0]
    # What a person said of it counts here too.
    from moderation.django import actions

    assert "passes from now on" in actions.ham(latest(), site.admin)
    assert Contact({"message": BLOCK}).is_valid()
    assert not Contact({"message": BLOCK + "_" + BLOCK}).is_valid()


def test_records_are_decided_on_in_the_admin(site: SimpleNamespace, setting: Any) -> None:
    from django.test import Client

    setting("hold")
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=f"{BAD}1")
    record = latest()
    client = Client()
    client.force_login(site.admin)
    for path in ("", f"{record.pk}/change/"):
        seen = client.get(f"/django-admin/moderation/record/{path}").content.decode()
        assert "<mark>澳*******_真******_新*****_时****</mark>" in seen
        assert BLOCK not in seen
    done = client.post(
        "/django-admin/moderation/record/", {"action": "not_spam", "_selected_action": [record.pk]}, follow=True
    )
    assert "It is shown." in done.content.decode()
    entry.refresh_from_db()
    assert entry.is_public


def test_admin_asks_for_the_right_on_what_a_record_is_about(site: SimpleNamespace, setting: Any) -> None:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Permission
    from django.core.exceptions import PermissionDenied
    from django.test import Client

    from moderation.django import actions
    from moderation.django.models import Record

    setting("hold")
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=f"{BAD} 权限")
    record = latest()
    clerk = get_user_model().objects.create_user("clerk", password="pw", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="moderation"))
    client = Client()
    client.force_login(clerk)
    address, chosen = "/django-admin/moderation/record/", {"_selected_action": [record.pk]}
    for action in ("not_spam", "clean_it", "is_spam"):
        client.post(address, {"action": action, **chosen}, follow=True)
        function = {"not_spam": actions.ham, "clean_it": actions.clean, "is_spam": actions.spam}[action]
        with pytest.raises(PermissionDenied):
            function(record, clerk)
        assert Record.objects.get(pk=record.pk).state == "open"
    listed = f"{address}{record.pk}/change/"
    assert listed not in client.get(address).content.decode()
    assert "澳****" not in client.get(listed, follow=True).content.decode()
    clerk.user_permissions.add(Permission.objects.get(codename="change_entry"))
    assert listed in client.get(address).content.decode()
    assert "澳****" in client.get(listed).content.decode()
    done = client.post(address, {"action": "not_spam", **chosen}, follow=True).content.decode()
    assert "It is shown." in done
    # Once decided, it is decided.
    done = client.post(address, {"action": "is_spam", **chosen}, follow=True).content.decode()
    assert "decided on this already" in done
    entry.refresh_from_db()
    assert (entry.is_public, Record.objects.get(pk=record.pk).state) == (True, "ham")


# ------------------------------------------------------------------------------------------------------------- records


def test_two_equal_texts_at_once_are_one_record(site: SimpleNamespace) -> None:
    """Two processes, as two visitors' requests are, in step up to the moment in which both look for the record."""
    from django.db import IntegrityError, transaction

    from moderation.django.models import Record

    script = f"""
import sys, time
import django
django.setup()
from unittest import mock
from django.db.models import QuerySet
from moderation.django.conf import Outcome
from moderation.django.decide import keep
from moderation.django.judge import Judgement
from moderation.entries import Document, Text
asked = QuerySet.get
def slow(self, *args, **kwargs):
    try:
        return asked(self, *args, **kwargs)
    finally:
        time.sleep(max(0, float(sys.argv[1]) - time.time()))
with mock.patch.object(QuerySet, "get", slow):
    keep(Judgement(Document.of([Text("text", {"同时到达 " + BLOCK!r})]), Outcome.REJECT), Outcome.REJECT)
print("kept")
"""
    at = str(time.time() + 12)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site.folder}"}
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", script, at], cwd=site.folder, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in begun:
        out, error = process.communicate(timeout=120)
        assert (out.strip(), process.returncode) == ("kept", 0), error
    found = [record for record in Record.objects.filter(object_id="") if "同时到达" in record.texts[0][1]]
    assert [record.content_type for record in found] == [None]
    # Nor can it be made by hand.
    with pytest.raises(IntegrityError), transaction.atomic():
        Record.objects.create(key=found[0].key, digest=found[0].digest, outcome="reject", texts=[])


def test_what_was_decided_is_not_opened_again(site: SimpleNamespace, setting: Any) -> None:
    from moderation.django import actions
    from moderation.django.models import Record

    setting("hold")
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=f"{BAD} 已决定")
    record = latest()
    assert "known as spam" in actions.spam(record, site.admin)
    entry.save()
    entry.refresh_from_db()
    record.refresh_from_db()
    assert (entry.is_public, record.state, record.decided_by) == (False, "spam", site.admin)
    # What has changed since and comes back waits again: nobody has decided.
    entry.text = f"{BAD} 未决定"
    entry.save()
    other = latest()
    entry.text = PROSE
    entry.save()
    assert Record.objects.get(pk=other.pk).state == "past"
    entry.text = f"{BAD} 未决定"
    entry.save()
    assert Record.objects.get(pk=other.pk).state == "open"


def test_command_deletes_what_nobody_needs(site: SimpleNamespace, setting: Any) -> None:
    from datetime import timedelta

    from django.core.exceptions import ValidationError
    from django.utils import timezone

    from moderation.django import actions
    from moderation.django.models import Feedback, Record

    made = {}
    outcomes = {"refused": "reject", "held": "hold", "spam": "hold", "cleaned": "clean", "new": "reject"}
    for name, outcome in outcomes.items():
        setting(outcome)
        with suppress(ValidationError):
            site.models.Entry.objects.create(headline="水质分析仪", text=f"{BLOCK}\n{PROSE} {name}")
        made[name] = latest().pk
    actions.spam(Record.objects.get(pk=made["spam"]), site.admin)
    old = Record.objects.filter(pk__in=made.values()).exclude(pk=made["new"])
    old.update(time=timezone.now() - timedelta(days=91))
    said = Feedback.objects.count()
    assert manage(site.folder, "moderation_purge", "--days", "-1").returncode == 2
    assert "records deleted" in manage(site.folder, "moderation_purge", check=True).stderr
    left = set(Record.objects.filter(pk__in=made.values()).values_list("pk", flat=True))
    assert left == {made["held"], made["cleaned"], made["new"]}
    manage(site.folder, "moderation_purge", "--days", "0", "--cleaned", check=True)
    left = set(Record.objects.filter(pk__in=made.values()).values_list("pk", flat=True))
    assert left == {made["held"]}
    assert Feedback.objects.count() == said


def test_records_of_before_get_their_keys(site: SimpleNamespace, tmp_path: Path) -> None:
    base = {"DJANGO_SETTINGS_MODULE": "demo.settings.before"}
    settings = site.folder / "demo" / "settings" / "before.py"
    database = tmp_path / "before.sqlite3"
    settings.write_text(
        "from .dev import *\n"
        f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': {str(database)!r}}}}}\n",
        "utf-8",
    )
    manage(site.folder, "migrate", "moderation", "0001", check=True, **base)
    with closing(sqlite3.connect(database)) as found:
        row = "INSERT INTO moderation_record (time, object_id, url, digest, cleaned, outcome, texts, error, state)"
        for number, digest in enumerate(("a", "a", "b")):
            time_of = f"2026-01-0{number + 1} 00:00:00"
            found.execute(f"{row} VALUES (?, '', '', ?, '', 'reject', '[]', '', 'open')", (time_of, digest))
        found.commit()
    manage(site.folder, "migrate", "moderation", check=True, **base)
    with closing(sqlite3.connect(database)) as found:
        rows = found.execute("SELECT id, digest, length(key) FROM moderation_record ORDER BY id").fetchall()
    assert rows == [(2, "a", 64), (3, "b", 64)]


# ------------------------------------------------------------------------------------------------------------ comments


def post_comment(site: SimpleNamespace, text: str) -> tuple[int, Any]:
    from django.contrib.contenttypes.models import ContentType
    from django.test import Client
    from django_comments import get_form, get_model

    target = site.root
    data = get_form()(target).generate_security_data()
    row = {**data, "name": "李明", "email": "li@example.com", "url": "", "comment": text, "honeypot": ""}
    status = Client().post("/comments/post/", row).status_code
    kind = ContentType.objects.get_for_model(target)
    found = get_model().objects.filter(content_type=kind, object_pk=str(target.pk)).order_by("-pk").first()
    return status, found


@pytest.mark.parametrize("by_service", [False, True])
def test_comments_are_judged_before_they_are_posted(
    site: SimpleNamespace, setting: Any, service: Service, by_service: bool
) -> None:
    # A comment that comes again is none for django-contrib-comments.
    good, bad = (PROSE + "谢谢。", BAD + "谢谢。") if by_service else (PROSE, BAD)
    if by_service:
        setting(SERVICE=service.url, KEY=KEY)
    status, comment = post_comment(site, good)
    assert (status, comment.comment, comment.is_public) == (302, good, True)
    # Nothing is cut: by default it waits.
    status, comment = post_comment(site, bad)
    assert (status, comment.comment, comment.is_public) == (302, bad, False)
    record = latest()
    assert (record.outcome, record.subject) == ("hold", comment)
    from moderation.django import actions

    assert actions.ham(record, site.admin) == "It is shown."
    comment.refresh_from_db()
    assert comment.is_public
    setting(ACTIONS={"review": "reject"})
    before = comment
    status, comment = post_comment(site, bad + PROSE)
    assert (status, comment) == (400, before)
    assert any(bad + PROSE in text for text in latest().texts)


def test_comments_are_cleaned_where_the_policy_says_so(site: SimpleNamespace, setting: Any, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('comments = "clean"', "utf-8")
    setting(POLICY=str(policy))
    status, comment = post_comment(site, f"{BAD}多谢。")
    assert (status, comment.is_public) == (302, True)
    assert BLOCK not in comment.comment
    assert PROSE in comment.comment
    # A comment that is nothing else has nothing to be left.
    status, comment = post_comment(site, BLOCK)
    assert (status, comment.comment, comment.is_public) == (302, BLOCK, False)


def test_own_model_of_comments_is_held_where_another_is_cleaned(
    site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_comment in (False, True):
        monkeypatch.setattr(site.models.Entry, "moderation_comment", is_comment, raising=False)
        entry = site.models.Entry(headline=f"溶氧仪的来信{is_comment}", text=BAD)
        entry.save()
        entry.refresh_from_db()
        assert (BLOCK in entry.text, entry.is_public) == (is_comment, not is_comment)


# --------------------------------------------------------------------------------------------------------- the service


def test_service_gives_the_same_verdicts(site: SimpleNamespace, setting: Any, service: Service) -> None:
    from moderation.django.fields import document_of
    from moderation.django.judge import judge

    entry = site.models.Entry(headline="水质分析仪 & <b>", text=BAD)
    mine = judge(document_of(entry))
    setting(SERVICE=service.url, KEY=KEY)
    theirs = judge(document_of(entry))
    assert mine.verdict is not None
    assert theirs.verdict is not None
    assert theirs.verdict.to_dict() == mine.verdict.to_dict()
    assert (theirs.cuts, theirs.outcome) == (mine.cuts, mine.outcome)
    entry.save()
    entry.refresh_from_db()
    assert BLOCK not in entry.text
    assert [row["action"] for row in service.rows("verdicts")][:1] == ["clean"]


def test_service_hears_what_people_say(site: SimpleNamespace, setting: Any, service: Service) -> None:
    from moderation.django import actions

    setting("hold", SERVICE=service.url, KEY=KEY)
    site.models.Entry.objects.create(headline="水质分析仪", text=f"{BAD}2")
    actions.ham(latest(), site.admin)
    assert [row["is_spam"] for row in service.rows("feedback")] == [0]
    assert latest().feedback.get().told
    site.models.Entry.objects.create(headline="水质分析仪", text=f"{BAD}3")
    record = latest()
    service.stop()
    actions.spam(record, site.admin)
    # It is kept here, and says that nobody else has heard it.
    feedback = record.feedback.get()
    assert (feedback.is_spam, feedback.told) == (True, False)


@pytest.mark.parametrize(("fail", "public"), [("open", True), ("closed", False)])
def test_service_that_is_gone_fails_as_it_is_told(site: SimpleNamespace, setting: Any, fail: str, public: bool) -> None:
    setting(SERVICE=f"http://127.0.0.1:{free_port()}", KEY=KEY, FAIL=fail)
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=f"{PROSE}{fail}")
    entry.refresh_from_db()
    assert (entry.is_public, entry.text) == (public, f"{PROSE}{fail}")
    if not public:
        record = latest()
        assert (record.outcome, record.verdict) == ("hold", None)
        assert "Connection refused" in record.error


def test_wrong_key_and_wrong_answers_are_no_verdicts(site: SimpleNamespace, setting: Any, service: Service) -> None:
    setting(SERVICE=service.url, KEY="wrong")
    site.models.Entry.objects.create(headline="水质分析仪", text=f"{PROSE}4")
    assert "401: no known key" in latest().error
    answers = iter([b"no JSON", b"[]", b'{"action": "allow"}', ABOUT_ANOTHER])

    class Wrong(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = next(answers)
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Wrong) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        setting(SERVICE=f"http://127.0.0.1:{server.server_port}", KEY=KEY)
        for number, said in enumerate(("no verdict", "no verdict", "no verdict", "not of this text")):
            entry = site.models.Entry.objects.create(headline="水质分析仪", text=f"{PROSE}5{number}")
            assert not entry.is_public
            assert said in latest().error
        server.shutdown()


def test_what_a_newer_service_says_holds_the_text(site: SimpleNamespace, setting: Any) -> None:
    from moderation.django.fields import document_of
    from moderation.django.judge import judge

    sizes = []

    class Newer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"]))
            sizes.append((len(sent), json.loads(sent)))
            body = b'{"action": "quarantine", "findings": [], "model": "m", "policy": "p", "url": null}'
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Newer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # Also where one that is down lets pass.
        setting(SERVICE=f"http://127.0.0.1:{server.server_port}", KEY=KEY, FAIL="open")
        entry = site.models.Entry.objects.create(headline="水质分析仪", text=f"{PROSE}8")
        assert not entry.is_public
        record = latest()
        assert (record.outcome, record.verdict) == ("hold", None)
        assert "does not know: quarantine" in record.error
        # As UTF-8: a character of Chinese has three bytes, escaped it would have six.
        ((size, row),) = sizes
        assert size == len(json.dumps(row, ensure_ascii=False).encode())
        assert f"{PROSE}8" in "".join(text for text in row.values() if isinstance(text, str))
        # What is no text at all is not sent.
        found = judge(document_of(site.models.Entry(headline="水质\ud800", text=f"{PROSE}9")))
        assert (found.outcome, "no UTF-8" in found.error, len(sizes)) == ("hold", True, 1)
        server.shutdown()


ABOUT_ANOTHER = json.dumps(
    {
        "url": None, "action": "clean", "model": "m", "policy": "p",
        "findings": [{
            "label": "gambling", "score": 1.0, "place": "body", "hidden": None, "path": "", "start": 0, "end": 2,
            "text": "赌场", "labels": {"gambling": 1.0}, "reasons": [],
        }],
        "cuts": [{"start": 0, "end": 2, "removed": "赌场"}],
    }
).encode()  # fmt: skip


def test_no_text_goes_where_an_answer_points_to(site: SimpleNamespace, setting: Any) -> None:
    heard = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.path)
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(307)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        setting(SERVICE=f"http://127.0.0.1:{server.server_port}", KEY=KEY)
        assert not site.models.Entry.objects.create(headline="水质分析仪", text=f"{PROSE}6").is_public
        server.shutdown()
    assert heard == ["/v1/clean"]


def test_service_that_says_nothing_is_waited_for_no_longer_than_told(site: SimpleNamespace, setting: Any) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        setting(SERVICE=f"http://127.0.0.1:{silent.getsockname()[1]}", KEY=KEY, TIMEOUT=0.5)
        began = time.monotonic()
        entry = site.models.Entry.objects.create(headline="水质分析仪", text=f"{PROSE}7")
        assert time.monotonic() - began < 5
        assert not entry.is_public
        assert "timed out" in latest().error


# ----------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"MODLE": "x"}, "unknown key MODLE; known are ACTIONS, FAIL"),
        ({"FAIL": "shut"}, "FAIL = 'shut'; give 'open' or 'closed'"),
        ({"TIMEOUT": 0}, "TIMEOUT = 0; give seconds above 0"),
        ({"SERVICE": "127.0.0.1:8000", "KEY": "x"}, "give an address such as http://"),
        ({"SERVICE": "http://127.0.0.1:8000"}, "SERVICE without KEY"),
        ({"ACTIONS": {"clean": "burn"}}, "'burn' is not a valid Outcome"),
        ({"ACTIONS": {"burn": "hold"}}, "'burn' is not a valid Action"),
    ],
)
def test_wrong_settings_are_said(site: SimpleNamespace, setting: Any, given: dict[str, Any], said: str) -> None:
    from django.core.checks import run_checks

    setting(**given)
    assert any(said in str(each) for each in run_checks())


def test_model_that_is_not_there_holds_and_says_so(site: SimpleNamespace, setting: Any) -> None:
    setting(MODEL="no-such-model")
    assert not site.models.Entry.objects.create(headline="水质分析仪", text=f"{PROSE}8").is_public
    assert "no model named 'no-such-model'" in latest().error


# --------------------------------------------------------------------------------------------------------- the command


def test_command_audits_models(site: SimpleNamespace) -> None:
    entry = site.models.Entry.objects.create(headline="水质分析仪", text=PROSE)
    site.models.Entry.objects.filter(pk=entry.pk).update(text=BAD)
    done = manage(site.folder, "moderation_audit", "news.Entry", "--flagged")
    rows = {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert rows[f"news.Entry {entry.pk}"]["findings"][0]["field"] == "text"
    assert done.returncode == 1
    assert " flagged: clean " in done.stderr
    # What people excused is said, and not counted.
    assert "not spam, as people said: " in done.stderr
    for name, said in (("news", "name a model as app.Model"), ("contenttypes.ContentType", "")):
        done = manage(site.folder, "moderation_audit", name)
        assert said in done.stderr
    assert manage(site.folder, "moderation_audit", "news.Nothing").returncode == 2
    assert manage(site.folder, "moderation_audit", "news.Strict").returncode == 0


def test_application_needs_no_wagtail(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        f"""
import sys
sys.modules["wagtail"] = None
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "moderation.django"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {str(tmp_path / "db.sqlite")!r}}}}}
USE_TZ = True
""",
        "utf-8",
    )
    code = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('makemigrations', '--check', '--dry-run'); call_command('migrate', verbosity=0)\n"
        "call_command('check')\n"
        "from moderation.django.guard import NoSpam\n"
        f"try: NoSpam()({BLOCK!r})\n"
        "except Exception as error: print(type(error).__name__)\n"
        "from moderation.django.models import Record; print(Record.objects.count())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60,
        env={"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": f"{tmp_path}:{ROOT}", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["ValidationError", "1"]


def test_example_of_the_documentation_runs() -> None:
    page = (ROOT / "docs" / "wagtail.md").read_text("utf-8")
    code = next(
        block for block in re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) if "Document" in block
    )
    names: dict[str, Any] = {"title": "水质分析仪", "body": f"<p>{BLOCK}</p><p>{PROSE}</p>", "hold": None}
    exec(code, names)
    assert names["cleaned"] == {"body": f"<p>{PROSE}</p>"}


def test_migrations_are_those_of_the_models(site: SimpleNamespace) -> None:
    done = manage(site.folder, "makemigrations", "--check", "--dry-run", "moderation", "moderation_wagtail")
    assert done.returncode == 0, done.stdout

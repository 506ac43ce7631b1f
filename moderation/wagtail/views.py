"""The report: what was held, cut and refused, why, and what to do about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import django_filters
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Q
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.auth import permission_denied, require_admin_access
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.views.reports import ReportView
from wagtail.models import get_page_models
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from moderation.django.actions import may_kind
from moderation.django.conf import Outcome
from moderation.django.models import OUTCOMES, Record
from moderation.django.present import name_of, shown
from moderation.wagtail import actions, bulk

__all__ = ["RecordsView", "act", "act_on_chosen", "policy"]

policy = ModelPermissionPolicy(Record)
_ACTIONS = {"clean": actions.clean, "ham": actions.ham, "spam": actions.spam}
_UNDECIDED = (Record.State.OPEN, Record.State.CLEANED)
# What the report is asked for, which is the same behind a decision; and the digits that a primary key may have.
_ASKED = ("state", "outcome", "p")
_DIGITS = 18


def visible(user: Any) -> Any:
    """The records that somebody may see: of pages that they may edit or publish, of models that they may change,
    of pages that were refused before there were any, and of texts alone.
    """
    if user.is_superuser:
        return Record.objects.all()
    mine = PagePermissionPolicy().instances_user_has_any_permission_for(user, {"change", "publish"})
    kinds = ContentType.objects.get_for_models(*get_page_models(), for_concrete_models=False).values()
    of_pages = Q(content_type__in=[kind.pk for kind in kinds])
    stored = Record.objects.exclude(object_id="").filter(of_pages)
    allowed = stored.annotate(page=Cast("object_id", BigIntegerField())).filter(page__in=mine.values("pk"))
    # What was refused is no page yet.
    known = Record.objects.exclude(content_type=None).exclude(of_pages).order_by()
    known = ContentType.objects.filter(pk__in=list(known.values_list("content_type", flat=True).distinct()))
    others = Record.objects.filter(
        Q(content_type=None)
        | Q(content_type__in=[kind.pk for kind in known if may_kind(kind, user)])
        | (Q(object_id="") & of_pages)
    )
    return Record.objects.filter(Q(pk__in=allowed.values("pk")) | Q(pk__in=others.values("pk")))


class _Filters(WagtailFilterSet):
    state = django_filters.ChoiceFilter(choices=Record.State.choices, label=_("State"), empty_label=_("All"))
    outcome = django_filters.ChoiceFilter(
        choices=[each for each in OUTCOMES if each[0] != Outcome.ALLOW], label=_("Outcome")
    )

    class Meta:
        model = Record
        fields = ("state", "outcome")


class RecordsView(ReportView):
    """The report; ``?show=ID`` shows the findings of one record as they are, ``?chosen=all`` chooses all of a page."""

    model = Record
    page_title = _("Moderation")
    header_icon = "warning"
    results_template_name = "moderation/records.html"
    index_url_name = "moderation_records"
    index_results_url_name = "moderation_records_results"
    permission_policy = policy
    any_permission_required = ("view", "change")
    filterset_class = _Filters
    paginate_by = 20
    list_export = ("time", "outcome", "state", "object_id", "url", "digest")

    def get_queryset(self) -> Any:
        """What the user may see, what waits first."""
        self.queryset = visible(self.request.user).select_related("content_type", "author", "decided_by")
        return super().get_queryset()

    def decorate_paginated_queryset(self, object_list: Any) -> list[Any]:
        """Each record with what the page shows of it."""
        asked = self.request.GET.get("show", "")
        query = self.request.GET.copy()
        may_change = policy.user_has_permission(self.request.user, "change")
        rows = []
        for record in object_list:
            page = actions.page_of(record)
            bare = asked == str(record.pk)
            may_edit = may_change and actions.may(record, self.request.user)
            query["show"] = "" if bare else str(record.pk)
            record.row = {
                "toggle": f"?{query.urlencode()}#record-{record.pk}",
                "name": name_of(record, masked=not bare),
                "findings": shown(record, masked=not bare),
                "bare": bare,
                "edit": reverse("wagtailadmin_pages:edit", args=(page.pk,)) if page is not None and may_edit else "",
                "live": page is not None and page.live,
                "buttons": may_edit and record.state in _UNDECIDED,
                "cleanable": record.state == Record.State.OPEN and record.verdict is not None and page is not None,
            }
            rows.append(record)
        return rows

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        """With what the bar needs that decides on the chosen; there is none where nothing can be decided on."""
        if not self.is_export:
            context["bulk"] = {
                **self._choice(),
                "is_shown": any(each.row["buttons"] for each in context["object_list"]),
            }
        return super().render_to_response(context, **kwargs)

    def _choice(self) -> dict[str, Any]:
        """Whether all of the page are chosen, where it is the other way round, and where a decision leads back to."""
        query = self.request.GET.copy()
        is_all = query.pop("chosen", [""])[-1] == "all"
        if not is_all:
            query["chosen"] = "all"
        other = f"{reverse('moderation_records')}?{query.urlencode()}"
        return {"is_all": is_all, "other": other, "back": _asked(self.request)}


@require_admin_access
@require_POST
def act(request: Any, pk: int, action: str) -> Any:
    """Does what a button says, for those who may."""
    if not policy.user_has_permission(request.user, "change"):
        return permission_denied(request)
    if action not in _ACTIONS:
        raise Http404
    record = get_object_or_404(visible(request.user), pk=pk)
    if record.state not in _UNDECIDED:
        messages.warning(request, gettext("Somebody has decided on this already."))
    elif not actions.may(record, request.user):
        return permission_denied(request)
    else:
        done = {"text": name_of(record), "done": _ACTIONS[action](record, request.user)}
        messages.success(request, gettext("%(text)s: %(done)s") % done)
    return redirect("moderation_records")


@require_admin_access
@require_POST
def act_on_chosen(request: Any) -> Any:
    """Says of all chosen records what a button says, and how many were decided on and which were left, and why."""
    if not policy.user_has_permission(request.user, "change"):
        return permission_denied(request)
    action = request.POST.get("action")
    if action not in bulk.ACTIONS:
        raise Http404
    asked = {int(each) for each in request.POST.getlist("record") if each.isdecimal() and len(each) <= _DIGITS}
    chosen = list(visible(request.user).filter(pk__in=asked))
    _tell(request, bulk.decide_all(chosen, request.user, action), len(asked) - len(chosen))
    return redirect(f"{reverse('moderation_records')}?{_asked(request)}")


def _asked(request: Any) -> str:
    """Which part of the report somebody looks at, as a query."""
    return urlencode([(name, request.GET[name]) for name in _ASKED if request.GET.get(name)])


def _tell(request: Any, decided: bulk.Decided, gone: int) -> None:
    """Says what came of a decision on several records; ``gone`` are those that are there no more, or not for them."""
    count = decided.done.total()
    if count:
        done = [gettext("%(count)d: %(done)s") % {"count": each, "done": said} for said, each in decided.done.items()]
        said = ngettext("%(count)d decided.", "%(count)d decided.", count) % {"count": count}
        messages.success(request, " ".join([said, *done]))
    left = [gettext("%(text)s: %(done)s") % {"text": name, "done": why} for name, why in decided.left]
    if gone:
        said = ngettext("%(count)d is not there any more.", "%(count)d are not there any more.", gone)
        left.append(said % {"count": gone})
    if left:
        count = len(decided.left) + gone
        said = ngettext("%(count)d left as it was.", "%(count)d left as they were.", count) % {"count": count}
        messages.warning(request, " ".join([said, *left]))
    elif not count:
        messages.warning(request, gettext("Nothing was done: choose at least one."))

"""参数: the county's settings with their history, and the columns of Annex 2."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest, go
from schools.actions.common import require
from schools.actions.settings import set_setting
from schools.forms.common import refusals_in
from schools.forms.settings import LayoutForm, SettingForm
from schools.permissions import may_change_setting, may_see_settings
from schools.queries import newest_settings, setting, setting_history, settings_of
from schools.settings import (
    ANNEX2_ALWAYS,
    ANNEX2_COLUMNS,
    ANNEX2_FIELDS,
    SETTINGS,
    annex2_layout,
    value_in_words,
)

SEEN_BY = "参数由县局管理员设定，基教股可以查看。"
HISTORY_ROWS = 50


@require_safe
def setting_list(request: UserRequest) -> HttpResponse:
    require(may_see_settings(request.user), SEEN_BY)
    values, newest = settings_of(request.user.county_id), newest_settings(request.user.county_id)
    rows = [
        {
            "spec": spec,
            "words": value_in_words(spec, values[key]),
            "is_default": key not in newest,
            "row": newest.get(key),
            "may_change": may_change_setting(request.user, key),
        }
        for key, spec in SETTINGS.items()
    ]
    return render(request, "schools/setting_list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def setting_edit(request: UserRequest, key: str) -> HttpResponse:
    require(may_see_settings(request.user), SEEN_BY)
    spec = SETTINGS.get(key)
    if spec is None or spec == ANNEX2_COLUMNS:
        raise Http404
    county = request.user.county
    history = list(setting_history(county.pk, key)[:HISTORY_ROWS])
    value = setting(county.pk, spec)
    form = SettingForm(request.POST or None, spec=spec, value=value, newest=history[0] if history else None)
    if request.method == "POST":
        require(may_change_setting(request.user, key), SEEN_BY)
    if form.is_valid():
        with refusals_in(form):
            set_setting(county, spec, actor=request.user, **form.cleaned_data)
            messages.success(request, f"“{spec.label}”已改，从现在起生效。")
            return go(request, "schools:setting-list")
    context = {
        "form": form,
        "spec": spec,
        "words": value_in_words(spec, value),
        "may_change": may_change_setting(request.user, key),
        "history": _history(spec.key, county.pk),
    }
    return render(request, "schools/setting_edit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def annex2_edit(request: UserRequest) -> HttpResponse:
    """Order, titles and choice of columns. 上移 and 下移 only show the new order; 保存 puts it in force."""
    require(may_see_settings(request.user), SEEN_BY)
    county = request.user.county
    newest = setting_history(county.pk, ANNEX2_COLUMNS.key).first()
    seen_id = newest.pk if newest else 0
    rows, form = _stored_rows(county.pk), LayoutForm(initial={"seen_id": seen_id})
    is_saving = request.method == "POST" and "move" not in request.POST and "default" not in request.POST
    if request.method == "POST":
        require(may_change_setting(request.user, ANNEX2_COLUMNS.key), SEEN_BY)
        rows = _posted_rows(request.POST)
        form = LayoutForm(
            request.POST if is_saving else None,
            initial={"seen_id": request.POST.get("seen_id", ""), "reason": request.POST.get("reason", "")},
        )
    if is_saving and form.is_valid():
        with refusals_in(form):
            layout = [[row["key"], row["title"]] for row in rows if row["shown"]]
            set_setting(county, ANNEX2_COLUMNS, layout, actor=request.user, **form.cleaned_data)
            messages.success(request, "信息表栏目已改，从下一次打印起生效。")
            return go(request, "schools:setting-list")
    context = {
        "rows": rows,
        "form": form,
        "is_moved": request.method == "POST" and not is_saving,
        "may_change": may_change_setting(request.user, ANNEX2_COLUMNS.key),
        "history": _history(ANNEX2_COLUMNS.key, county.pk),
    }
    return render(request, "schools/annex2_edit.html", context)


def _history(key: str, county_id: int) -> list[dict[str, Any]]:
    """Rows for components/history.html."""
    spec = SETTINGS[key]
    return [
        {
            "what": value_in_words(spec, row.value),
            "at": row.set_at,
            "who": row.set_by.name if row.set_by else "系统",
            "why": row.reason,
        }
        for row in setting_history(county_id, key)[:HISTORY_ROWS]
    ]


def _stored_rows(county_id: int) -> list[dict[str, Any]]:
    """Printed columns in their order, then the hidden ones."""
    layout = annex2_layout(setting(county_id, ANNEX2_COLUMNS))
    shown = {key for key, _ in layout}
    hidden = [(key, title) for key, title in ANNEX2_FIELDS if key not in shown]
    return [_row(key, title, shown=True) for key, title in layout] + [
        _row(key, title, shown=False) for key, title in hidden
    ]


def _row(key: str, title: str, *, shown: bool) -> dict[str, Any]:
    return {
        "key": key,
        "field": dict(ANNEX2_FIELDS)[key],
        "title": title,
        "shown": shown,
        "is_fixed": key in ANNEX2_ALWAYS,
    }


def _posted_rows(data: QueryDict) -> list[dict[str, Any]]:
    """The rows as they stood on the page, after a move if one was pressed."""
    if "default" in data:
        return [_row(key, title, shown=True) for key, title in ANNEX2_FIELDS]
    known = dict(ANNEX2_FIELDS)
    order = list(dict.fromkeys(key for key in data.getlist("order") if key in known))
    order += [key for key in known if key not in order]
    direction, _, moved = data.get("move", "").partition(":")
    if moved in order:
        place = order.index(moved)
        target = max(0, min(len(order) - 1, place + {"up": -1, "down": 1}.get(direction, 0)))
        order.insert(target, order.pop(place))
    return [
        _row(
            key,
            data.get(f"title-{key}", known[key]).strip(),
            shown=key in ANNEX2_ALWAYS or f"show-{key}" in data,
        )
        for key in order
    ]

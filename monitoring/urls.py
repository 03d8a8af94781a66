"""Addresses of the monthly return: by school and month, so that a return nobody has begun has one too."""

from django.urls import include, path

import schools.converters  # noqa: F401 -- registers <month:…>
from monitoring.views import correcting, detail, filling, lists, reviewing

app_name = "monitoring"

of_a_month = [
    path("", detail.return_detail, name="return-detail"),
    path("figure/<int:grade>/<slug:column>/", detail.return_figure, name="return-figure"),
    path("annex2/", detail.return_annex2, name="return-annex2"),
    path("differences/", detail.return_differences, name="return-differences"),
    path("editions/<int:number>/", detail.edition_detail, name="edition-detail"),
    path("editions/<int:number>/annex2/", detail.edition_annex2, name="edition-annex2"),
    path(
        "editions/<int:number>/figure/<int:grade>/<slug:column>/",
        detail.edition_figure,
        name="edition-figure",
    ),
    # 填报员
    path("remark/<int:grade>/", filling.return_remark, name="return-remark"),
    path("marks/<int:mark_pk>/", filling.mark_answer, name="mark-answer"),
    path("pull-back/", filling.return_pull_back, name="return-pull-back"),
    path("begin/", filling.return_begin_optional, name="return-begin-optional"),
    # 校长和基教股
    path("review/", reviewing.return_review, name="return-review"),
    path("accept/", reviewing.return_accept, name="return-accept"),
    path("send-back/principal/", reviewing.return_send_back_principal, name="return-send-back-principal"),
    path("send-back/bureau/", reviewing.return_send_back_bureau, name="return-send-back-bureau"),
    path("reopen/", reviewing.return_reopen, name="return-reopen"),
    # 更正
    path("correction/", correcting.correction_detail, name="correction-detail"),
    path("correction/add/<slug:kind>/", correcting.staged_add, name="staged-add"),
    path("correction/void/<int:movement_pk>/", correcting.staged_void, name="staged-void"),
    path("correction/<int:change_pk>/withdraw/", correcting.staged_withdraw, name="staged-withdraw"),
]

urlpatterns = [
    path("", lists.return_schools, name="return-schools"),
    path("<int:school_pk>/", lists.return_list, name="return-list"),
    path("<int:school_pk>/<month:month>/", include(of_a_month)),
]

"""Addresses of pages that are seen across applications; one section an area."""

from django.urls import path

import schools.converters  # noqa: F401 -- registers <month:…>
from reports.views import alerts, board, child, custody, home, keys, offline, returns, summary, verify

app_name = "reports"

urlpatterns = [
    # 首页
    path("", home.home, name="home"),
    path("more/", home.more, name="more"),
    path("my-places/", home.places, name="places"),
    path("alerts/", alerts.alert_list, name="alert-list"),
    path("alerts/<slug:kind>/<int:key>/", alerts.alert_reveal, name="alert-reveal"),
    # 月报的送签和签字、表格下载
    path("returns/<int:school_pk>/<month:month>/submit/", returns.return_submit, name="return-submit"),
    path("returns/<int:school_pk>/<month:month>/sign/", returns.return_sign, name="return-sign"),
    path(
        "returns/<int:school_pk>/<month:month>/preview/<int:form>/",
        returns.return_preview,
        name="return-preview",
    ),
    path(
        "returns/<int:school_pk>/<month:month>/form/<int:form>/<slug:kind>/",
        returns.return_form,
        name="return-form",
    ),
    # 县月报看板、汇总、催办
    path("board/", board.board, name="board"),
    path("board/<month:month>/", board.board, name="board-month"),
    path("board/<month:month>/export/", board.board_export, name="board-export"),
    path("board/<month:month>/remind/<int:school_pk>/", board.board_remind, name="remind"),
    path("board/<month:month>/remind-all/", board.board_remind_all, name="remind-all"),
    path("board/<month:month>/accept/", board.board_accept, name="board-accept"),
    path("unmet-transfers/", board.transfer_board, name="transfer-board"),
    path("summary/", summary.summary, name="summary"),
    path("summary/<slug:by>/<month:month>/", summary.summary, name="summary-month"),
    path("summary/<slug:by>/<month:month>/<slug:form>/", summary.summary_file, name="summary-file"),
    # 学生和学校一页看全
    path("children/<int:pk>/", child.child, name="child"),
    path("children/<int:pk>/reveal/", child.child_reveal, name="child-reveal"),
    # 名册和离线表
    path("offline/", offline.offline_upload, name="offline-upload"),
    path("offline/confirm/", offline.offline_confirm, name="offline-confirm"),
    path("offline/<int:school_pk>/<month:month>/", offline.offline_download, name="offline-download"),
    # 签章和验证
    path("verify/", verify.verify, name="verify"),
    path("v/<slug:code>", verify.verify_code, name="verify-code"),
    path("v/<slug:code>/", verify.verify_code),
    path("seal-register/", custody.seal_register, name="seal-register"),
    path(
        "seal-register/<int:school_pk>/<int:year>/<int:month>/",
        custody.seal_register_file,
        name="seal-register-file",
    ),
    path("seals/<int:school_pk>/", custody.seal_detail, name="seal-detail"),
    path("seals/<int:school_pk>/custodian/", custody.seal_custodian, name="seal-custodian"),
    path("seals/<int:school_pk>/scan/", custody.seal_scan, name="seal-scan"),
    path("seals/<int:school_pk>/restart/", custody.seal_restart, name="seal-restart"),
    path("seals/<int:school_pk>/end/", custody.seal_end, name="seal-end"),
    path("certificates/", keys.certificate_list, name="certificate-list"),
    path("certificates/root/", keys.root_certificate, name="root-certificate"),
    path("certificates/revoked/", keys.revocation_list, name="revocation-list"),
    path("certificates/<int:pk>/revoke/", keys.certificate_revoke, name="certificate-revoke"),
    path("certificates/<int:pk>/allow/", keys.certificate_allow, name="certificate-allow"),
    path("my-signature/", keys.signature_detail, name="signature-detail"),
    path("my-signature/strokes/", keys.signature_strokes, name="signature-strokes"),
    path("my-signature/scan/", keys.signature_scan, name="signature-scan"),
    path("my-signature/forget/", keys.signature_forget, name="signature-forget"),
    path("my-signature/import/", keys.key_import, name="key-import"),
]

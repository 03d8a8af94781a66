"""Addresses of students; one section an area."""

from django.urls import path

from students.views import (
    absence_lists,
    absences,
    arrivals,
    circumstances,
    evidence,
    lists,
    movement_lists,
    movements,
    people,
    rollover,
    roster,
    roster_file,
    transfer_lists,
    transfers,
)

app_name = "students"

urlpatterns = [
    # 学生名册和学生信息
    path("", lists.student_list, name="student-list"),
    path("search/", lists.student_search, name="student-search"),
    path("export/", lists.student_export, name="student-export"),
    path("<int:pk>/edit/", people.student_edit, name="student-edit"),
    path("<int:pk>/correct/", people.student_correct, name="student-correct"),
    path("<int:pk>/klass/", people.student_klass, name="student-klass"),
    path("<int:pk>/guardians/add/", people.guardian_add, name="guardian-add"),
    path("guardians/<int:pk>/edit/", people.guardian_edit, name="guardian-edit"),
    path("guardians/<int:pk>/remove/", people.guardian_remove, name="guardian-remove"),
    # 特殊情况和安置
    path("<int:pk>/circumstances/add/", circumstances.circumstance_add, name="circumstance-add"),
    path("circumstances/<int:pk>/end/", circumstances.circumstance_end, name="circumstance-end"),
    path("circumstances/<int:pk>/void/", circumstances.circumstance_void, name="circumstance-void"),
    path("<int:pk>/placement/", circumstances.placement_set, name="placement-set"),
    path("placements/<int:pk>/end/", circumstances.placement_end, name="placement-end"),
    path("placements/<int:pk>/void/", circumstances.placement_void, name="placement-void"),
    # 证明材料
    path("evidence/<slug:kind>/<int:pk>/", evidence.evidence_list, name="evidence-list"),
    path("evidence/<slug:kind>/<int:pk>/attach/", evidence.evidence_attach, name="evidence-attach"),
    path("papers/<int:pk>/", evidence.evidence_show, name="evidence-show"),
    path("papers/<int:pk>/withdraw/", evidence.evidence_withdraw, name="evidence-withdraw"),
    # 名册导入
    path("roster/", roster.roster_upload, name="roster-upload"),
    path("roster/<uuid:uuid>/", roster.roster_detail, name="roster-detail"),
    path("roster/<uuid:uuid>/columns/", roster_file.roster_columns, name="roster-columns"),
    path("roster/<uuid:uuid>/answers/", roster.roster_answers, name="roster-answers"),
    path("roster/<uuid:uuid>/drop-g/", roster.roster_drop_g, name="roster-drop-g"),
    path("roster/<uuid:uuid>/compare/", roster.roster_compare, name="roster-compare"),
    path("roster/<uuid:uuid>/confirm/", roster.roster_confirm, name="roster-confirm"),
    path("roster/<uuid:uuid>/discard/", roster.roster_discard, name="roster-discard"),
    path("roster/<uuid:uuid>/errors/", roster_file.roster_errors, name="roster-errors"),
    # 学籍异动
    path("movements/", movement_lists.movement_list, name="movement-list"),
    path("movements/arrive/", arrivals.movement_arrive, name="movement-arrive"),
    path("movements/arrive/book/", arrivals.movement_arrive_book, name="movement-arrive-book"),
    path(
        "movements/arrive/effect/<int:school_pk>/",
        arrivals.movement_arrive_effect,
        name="movement-arrive-effect",
    ),
    path("movements/pick/<slug:purpose>/", movement_lists.movement_pick, name="movement-pick"),
    path("movements/<int:pk>/", movements.movement_detail, name="movement-detail"),
    path("movements/<int:movement_pk>/undo/", movements.movement_undo, name="movement-undo"),
    path("<int:student_pk>/depart/", movements.movement_depart, name="movement-depart"),
    path("<int:student_pk>/regrade/", movements.movement_regrade, name="movement-regrade"),
    path("<int:student_pk>/effect/", movements.movement_effect, name="movement-effect"),
    # 转学对接
    path("transfers/", transfer_lists.transfer_list, name="transfer-list"),
    path("transfers/confirm/", transfer_lists.transfer_confirm_many, name="transfer-confirm-many"),
    path("transfers/in/", transfers.transfer_begin_in, name="transfer-begin-in"),
    path("transfers/<int:pk>/", transfers.transfer_detail, name="transfer-detail"),
    path("transfers/<int:pk>/confirm/", transfers.transfer_confirm, name="transfer-confirm"),
    path("transfers/<int:pk>/refuse/", transfers.transfer_refuse, name="transfer-refuse"),
    path("transfers/<int:pk>/cancel/", transfers.transfer_cancel, name="transfer-cancel"),
    path("<int:student_pk>/transfer/", transfers.transfer_begin_out, name="transfer-begin-out"),
    # 未在校
    path("absences/", absence_lists.absence_list, name="absence-list"),
    path("absences/<int:pk>/", absences.absence_detail, name="absence-detail"),
    path("absences/<int:pk>/edit/", absences.absence_edit, name="absence-edit"),
    path("absences/<int:pk>/end/", absences.absence_end, name="absence-end"),
    path("absences/<int:pk>/void/", absences.absence_void, name="absence-void"),
    path("<int:student_pk>/absent/", absences.absence_start, name="absence-start"),
    # 学年升级
    path("rollover/", rollover.rollover_preview, name="rollover-preview"),
    path("rollover/commit/", rollover.rollover_commit, name="rollover-commit"),
    path("rollover/undo/", rollover.rollover_undo, name="rollover-undo"),
]

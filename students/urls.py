"""Addresses of students; one section an area."""

from django.urls import path

from students.views import circumstances, evidence, lists, people, rollover, roster, roster_file

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
    # 学年升级
    path("rollover/", rollover.rollover_preview, name="rollover-preview"),
    path("rollover/commit/", rollover.rollover_commit, name="rollover-commit"),
    path("rollover/undo/", rollover.rollover_undo, name="rollover-undo"),
]

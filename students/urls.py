"""Addresses of students; one section an area."""

from django.urls import path

from students.views import circumstances, evidence, lists, people

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
]

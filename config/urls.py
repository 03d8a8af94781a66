"""One include for each application."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("reports.urls")),
    path("places/", include("schools.urls")),
    path("students/", include("students.urls")),
    path("returns/", include("monitoring.urls")),
]

handler400 = "accounts.views.bad_request"

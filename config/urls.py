"""One include for each application."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
]

handler400 = "accounts.views.bad_request"

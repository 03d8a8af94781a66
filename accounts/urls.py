"""Addresses of signing in and of one's own account."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("account/", views.profile, name="profile"),
    path("account/password/", views.password_change, name="password-change"),
    path("account/confirm/", views.password_confirm, name="password-confirm"),
    path("account/sessions/end/", views.other_sessions_end, name="other-sessions-end"),
    path("account/sessions/<slug:digest>/end/", views.session_end, name="session-end"),
]

"""Addresses of places, people, calendar and settings."""

from django.urls import path

from schools.views import account_steps, accounts, bulk, calendar, places, schools, settings

app_name = "schools"
urlpatterns = [
    # 学校
    path("schools/", schools.school_list, name="school-list"),
    path("schools/add/", schools.school_create, name="school-create"),
    path("schools/import/", bulk.school_import, name="school-import"),
    path("schools/import/template/", bulk.school_import_template, name="school-import-template"),
    path("schools/import/check/", bulk.school_import_check, name="school-import-check"),
    path("schools/import/confirm/", bulk.school_import_confirm, name="school-import-confirm"),
    path("schools/<int:pk>/", schools.school_detail, name="school-detail"),
    path("schools/<int:pk>/edit/", schools.school_edit, name="school-edit"),
    path("schools/<int:pk>/close/", schools.school_close, name="school-close"),
    path("schools/<int:pk>/classes/add/", places.klass_create, name="klass-create"),
    path("classes/<int:pk>/close/", places.klass_close, name="klass-close"),
    path("townships/", places.township_list, name="township-list"),
    path("townships/add/", places.township_create, name="township-create"),
    path("townships/<int:pk>/rename/", places.township_rename, name="township-rename"),
    # 账号
    path("accounts/", accounts.account_list, name="account-list"),
    path("accounts/add/", accounts.account_create, name="account-create"),
    path("accounts/import/", bulk.account_import, name="account-import"),
    path("accounts/import/template/", bulk.account_import_template, name="account-import-template"),
    path("accounts/import/check/", bulk.account_import_check, name="account-import-check"),
    path("accounts/import/confirm/", bulk.account_import_confirm, name="account-import-confirm"),
    path("accounts/first-passwords/", bulk.first_passwords, name="first-passwords"),
    path("accounts/<uuid:uuid>/", accounts.account_detail, name="account-detail"),
    path("accounts/<uuid:uuid>/appoint/", accounts.account_appoint, name="account-appoint"),
    path("accounts/<uuid:uuid>/posts/<int:pk>/end/", accounts.post_end, name="post-end"),
    path("accounts/<uuid:uuid>/rename/", account_steps.account_rename, name="account-rename"),
    path("accounts/<uuid:uuid>/reset/", account_steps.account_reset, name="account-reset"),
    path("accounts/<uuid:uuid>/close/", account_steps.account_close, name="account-close"),
    path("accounts/<uuid:uuid>/reopen/", account_steps.account_reopen, name="account-reopen"),
    path("accounts/<uuid:uuid>/unlock/", account_steps.account_unlock, name="account-unlock"),
    path(
        "accounts/<uuid:uuid>/sessions/end/", account_steps.account_sessions_end, name="account-sessions-end"
    ),
    # 填报日历
    path("calendar/", calendar.calendar_home, name="calendar"),
    path("calendar/<int:year>/", calendar.calendar_year, name="calendar-year"),
    path("calendar/years/add/", calendar.year_create, name="year-create"),
    path("calendar/terms/<int:pk>/edit/", calendar.term_edit, name="term-edit"),
    path("calendar/months/<slug:slug>/edit/", calendar.month_edit, name="month-edit"),
    path("calendar/months/recalculate/", calendar.months_recalculate, name="months-recalculate"),
    path("calendar/holidays/add/", calendar.holiday_create, name="holiday-create"),
    path("calendar/holidays/<int:pk>/remove/", calendar.holiday_remove, name="holiday-remove"),
    # 参数
    path("settings/", settings.setting_list, name="setting-list"),
    path("settings/annex2_columns/", settings.annex2_edit, name="annex2-edit"),
    path("settings/<slug:key>/", settings.setting_edit, name="setting-edit"),
]

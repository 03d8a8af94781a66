"""Application configuration."""

from importlib import import_module

from django.apps import AppConfig


class StudentsConfig(AppConfig):
    name = "students"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Rolls and booked facts object to changes of schools, classes and months (schools.guards).
        import_module("students.actions.place_guards")

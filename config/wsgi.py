"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
application = get_wsgi_application()

from accounts.checks import refuse_demo_accounts_in_production  # noqa: E402 -- needs the loaded applications

refuse_demo_accounts_in_production()

"""Serves the demonstration county at a fixed moment from a scratch folder: python -m scripts.screenshot_server PORT."""

import datetime as dt
import os
import socketserver
import sys
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
import time_machine
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

# A Thursday in the filing days of November: every state of a return can be seen.
MOMENT = dt.datetime(2026, 11, 5, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """Answers several requests at a time, as a page and its parts need."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Says nothing: the pages are looked at, not the requests."""

    def log_message(self, format: str, *args: object) -> None:
        return


def main() -> None:
    if "BAOXUE_VAR" not in os.environ:
        raise SystemExit("BAOXUE_VAR must name a scratch folder")
    with time_machine.travel(MOMENT, tick=True):
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("load_demo_county", scale="demo", seed=1, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        application = get_wsgi_application()
        make_server("127.0.0.1", int(sys.argv[1]), application, Server, Handler).serve_forever()


if __name__ == "__main__":
    main()

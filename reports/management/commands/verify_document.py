"""Verify one file as the public page does; exit code 0 only for a valid or waiting document."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.sandbox import FileProblem
from accounts.wording import cn_datetime
from reports.queries.standing import Answer
from reports.verifying import Verdict, verify_file


class Command(BaseCommand):
    help = "验证一份签章 PDF：有效 · 已签待审 · 已退回 · 已被第n版取代 · 被改动 · 查无此件。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            content = Path(options["file"]).read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']} 读不了：{error.strerror}。") from error
        try:
            verdict = verify_file(content)
        except FileProblem as problem:
            raise CommandError(problem.message) from problem
        if options["json"]:
            self.stdout.write(json.dumps(_facts(verdict), ensure_ascii=False))
        else:
            self._tell(verdict)
        if verdict.answer not in (Answer.VALID, Answer.WAITING):
            sys.exit(1)

    def _tell(self, verdict: Verdict) -> None:
        self.stdout.write(f"{verdict.standing.label}：{verdict.message}")
        if verdict.document is not None:
            found = verdict.document
            self.stdout.write(
                f"{found.title}　{found.school.name}　{found.month:%Y-%m}　第{found.edition_number}版"
            )
        for one in verdict.signatures:
            self.stdout.write(f"  {one.role} {one.name} {cn_datetime(one.signed_at)}")


def _facts(verdict: Verdict) -> dict[str, Any]:
    return {
        "state": verdict.standing.label,
        "intact": verdict.intact,
        "trusted": verdict.trusted,
        "in_force": verdict.standing.in_force,
        "signatures": [
            {
                "name": one.name,
                "role": one.role,
                "signed_at": one.signed_at.isoformat() if one.signed_at else None,
                "covers_whole_file": one.covers_whole_file,
            }
            for one in verdict.signatures
        ],
        "message": verdict.message,
    }

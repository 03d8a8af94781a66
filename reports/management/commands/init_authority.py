"""Make a county's certificate authority; the root's key goes into a file for a safe and nowhere else."""

import getpass
import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import County
from accounts.workflow import StepRefused
from reports.actions.authority import set_up_authority
from reports.sealing.authority import fingerprint, from_pem
from schools.queries import county_of_code

SHORTEST_PASSWORD = 12


class Command(BaseCommand):
    help = "建立县证书机构（根证书、签发证书）。根证书私钥写入一个加密文件，请离线保存。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", help="县行政区划代码；只有一个县时可不写")
        parser.add_argument("--root-file", required=True, help="根证书私钥写到这个 .p12 文件（不能已存在）")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        county = self._county(options["county"])
        path = Path(options["root_file"])
        if path.exists():
            raise CommandError(f"{path.name} 已存在，没有覆盖。请换一个文件名。")
        password = os.environ.get("BAOXUE_ROOT_PASSWORD") or getpass.getpass("根证书文件口令（至少 12 位）：")
        if len(password) < SHORTEST_PASSWORD:
            raise CommandError("根证书文件口令至少 12 位。")
        try:
            # Opened first: an authority whose root could not be kept would be lost.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{path} 写不进去：{error.strerror}。没有建立证书机构。") from error
        try:
            made = set_up_authority(county, offline_password=password)
        except StepRefused as refused:
            os.close(descriptor)
            path.unlink()
            raise CommandError(str(refused)) from refused
        with os.fdopen(descriptor, "wb") as file:
            file.write(made.offline_root)
            file.flush()
            os.fsync(file.fileno())
        root = fingerprint(from_pem(made.authority.root_certificate))
        if options["json"]:
            self.stdout.write(json.dumps({"county": county.code, "root": root, "file": str(path)}))
            return
        self.stdout.write(f"{county.name}证书机构已建立。根证书指纹 {root}")
        self.stdout.write(f"根证书私钥在 {path}，请移到离线介质，放进保险柜；服务器上不要留。")

    def _county(self, code: str | None) -> County:
        if code:
            county = county_of_code(code)
            if county is None:
                raise CommandError(f"没有代码为 {code} 的县。")
            return county
        counties = list(County.objects.all()[:2])
        if len(counties) != 1:
            raise CommandError("请用 --county 写明县行政区划代码。")
        return counties[0]

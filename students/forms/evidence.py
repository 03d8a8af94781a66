"""Uploading papers: several at once, each judged by itself."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from students.forms.fields import choices_of

MOST_AT_ONCE = 10
LIMITS = "PDF、JPG、PNG，每个不超过 10 MB，可以直接拍照；一次最多 10 个"


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """A list of uploads; an empty file is judged later, by itself."""

    widget = SeveralFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [file for file in (data or []) if file]
        if not files and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(files) > MOST_AT_ONCE:
            raise forms.ValidationError(
                f"一次选了 {len(files)} 个文件，最多 {MOST_AT_ONCE} 个。请分几次上传。", code="too_many"
            )
        return files


class ProofForm(forms.Form):
    """What the papers are, and the papers."""

    kind = forms.ChoiceField(label="材料名称", widget=forms.Select(attrs={"class": "w-m"}))
    papers = SeveralFilesField(
        label="文件",
        help_text=LIMITS,
        widget=SeveralFilesInput(
            attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}
        ),
        error_messages={"required": "还没有选文件。请先选文件或拍照。"},
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, kinds: tuple[str, ...], suggested: str = ""
    ) -> None:
        super().__init__(data, files, initial={"kind": suggested})
        field: Any = self.fields["kind"]
        field.choices = choices_of({kind: kind for kind in kinds})

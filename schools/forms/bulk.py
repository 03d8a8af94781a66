"""A spreadsheet of accounts or schools."""

from django import forms

from schools.forms.common import PlainForm


class UploadForm(PlainForm):
    file = forms.FileField(
        label="填好的表格",
        help_text=".xlsx、.xls 或 .csv，不超过 10 MB。",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={"empty": "文件是空的（0 字节），多半没有保存好。请保存后再传。"},
    )


class ConfirmForm(PlainForm):
    """The preview that was looked at; *partial* when the bad rows are knowingly left out."""

    token = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput)
    partial = forms.BooleanField(required=False)

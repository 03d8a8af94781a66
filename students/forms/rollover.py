"""学年升级 and its undoing: what the page showed, and the password."""

from django import forms

from accounts.forms import PasswordConfirmationMixin


class RolloverForm(PasswordConfirmationMixin):
    """To which school year the page offered to go up."""

    to_year = forms.IntegerField(widget=forms.HiddenInput)


class RolloverUndoForm(PasswordConfirmationMixin):
    """Which rollover the page offered to undo."""

    rollover = forms.IntegerField(widget=forms.HiddenInput)

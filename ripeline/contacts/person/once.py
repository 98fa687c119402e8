"""Forms that count once however often they are sent: by a double click, or a browser that lost the answer."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django import forms

from ripeline.kit.ids import new_key


class OnceForm(forms.Form):
    """Carries a token of its page. Sent again with the same content it has the same `uid`."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, initial=new_key)

    @property
    def uid(self) -> str:
        """The id of what this form does, as `new_key` makes them. Who goes back in their browser and fills in
        something else means something else; a form without a token means something new each time."""
        if not self["once"].data:
            return new_key()
        values: list[Any] = [self[name].data for name in sorted(self.fields)]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]

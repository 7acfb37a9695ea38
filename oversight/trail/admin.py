"""Django's admin with the permission matrix and the trail: no change there goes unrecorded.

Django's own log of admin actions is not written: the trail is the one record.
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from oversight.access.actors import person
from oversight.access.guards import actor_of
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.trail.services import Act, record, record_many

__all__ = ["ReadOnlyAdmin", "TrailedAdmin", "TrailedForm"]

REASON = "reason"


class TrailedForm(forms.ModelForm):
    """A model's form that also asks why."""

    reason = forms.CharField(
        required=False,
        max_length=500,
        help_text="Why you change this. It goes into the history.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TrailedAdmin(admin.ModelAdmin):
    """Base of every admin page. `action`: who may change; `view_action`: who may look.

    `untold`: fields whose values stay out of the trail (passwords). `verbs`: the name in the trail,
    where the model's own will not do.
    """

    form: type[forms.ModelForm] = TrailedForm
    action: ClassVar[str] = "reference.change"
    view_action: ClassVar[str] = "reference.change"
    untold: ClassVar[frozenset[str]] = frozenset()
    may_add: ClassVar[bool] = True
    may_change: ClassVar[bool] = True
    may_delete: ClassVar[bool] = False
    show_full_result_count = False

    def _may(self, request: HttpRequest, action: str) -> bool:
        return isinstance(request.user, User) and may(person(request.user), action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.view_action)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.view_action)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and self._may(request, self.action)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self._may(request, self.action)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and self._may(request, self.action)

    # --- every write, with its entry; Django runs these inside one transaction

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        names = self._told(obj, form.changed_data if change else None)
        old = type(obj)._default_manager.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        before = self._values(old, names) if old is not None else {}
        after = self._values(obj, names)
        reason = form.cleaned_data.get(REASON, "")
        if change and before == after and not reason:
            return
        verb = f"{self._noun(obj)}.{'changed' if change else 'created'}"
        record(actor=actor_of(request), verb=verb, obj=obj, before=before, after=after, reason=reason)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._record_deleted(request, [obj])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._record_deleted(request, list(queryset))
        super().delete_queryset(request, queryset)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """None: rows saved along with another would slip past the trail. Give them a page of their own."""
        if self.inlines:
            raise ImproperlyConfigured(f"{type(self).__name__}: inlines are not recorded in the trail.")
        return []

    def _record_deleted(self, request: HttpRequest, rows: list[Any]) -> None:
        acts = [
            Act(f"{self._noun(row)}.deleted", row, self._values(row, self._told(row, None)), {})
            for row in rows
        ]
        record_many(actor=actor_of(request), acts=acts)

    @staticmethod
    def _noun(obj: Model) -> str:
        return str(obj._meta.verbose_name).replace(" ", "_")

    def _told(self, obj: Model, names: list[str] | None) -> list[str]:
        """The fields to record: all that are set for a new row, the changed ones of an old row."""
        fields = [field.name for field in obj._meta.concrete_fields]
        kept = fields if names is None else [name for name in fields if name in names]
        return [name for name in kept if name not in self.untold]

    @staticmethod
    def _values(obj: Any, names: list[str]) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in names if getattr(obj, name) not in (None, "")}

    # --- the trail instead of Django's log

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The "History" button leads to the trail."""
        query = urlencode({"object_type": cast(Any, self.model)._meta.label_lower, "object_id": object_id})
        return redirect(f"{reverse('trail:entry_list')}?{query}")


class ReadOnlyAdmin(TrailedAdmin):
    """To look at only: somebody else's to change, on pages of their own."""

    form = forms.ModelForm
    may_add = may_change = may_delete = False

"""The home page: what the registered panels have to say."""

from __future__ import annotations

from typing import Any, cast

from django.utils import timezone
from django.views.generic import TemplateView

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import sees_everything
from oversight.console.panels import PanelRequest, panels_for

__all__ = ["HomeView"]


class HomeView(ActionRequired, TemplateView):
    """Everyone with a role: national figures; rows as far as the person's scope reaches."""

    action = "aggregates.view"
    template_name = "console/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        drawn = panels_for(PanelRequest(user=user, today=timezone.localdate()))
        scripts = list(dict.fromkeys(path for item in drawn for path in item.panel.scripts))
        return super().get_context_data(
            panels=drawn, panel_scripts=scripts, is_scoped=not sees_everything(user), **kwargs
        )

"""What every page declares: the action of the permission matrix that it carries out.

    class AgencyList(ActionRequired, ListView):
        action = "records.view"

    @action_required("rosters.import", methods=("POST",))
    def apply(request, ref): ...

Put the mixin first. Sign-in is asked for before the role is. The few pages that anyone may open say
so with `public_page`. The test in tests/access/test_matrix.py reads these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.views.generic import View

from oversight.access.actors import Actor, person
from oversight.access.middleware import to_sign_in
from oversight.access.models import User
from oversight.access.permissions import MATRIX, may, require

__all__ = ["ActionRequired", "action_required", "actor_of", "public_page"]

ViewFunction = Callable[..., HttpResponseBase]


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as an actor. Only for views behind `ActionRequired` or `action_required`."""
    if not isinstance(request.user, User):
        raise ImproperlyConfigured("actor_of: this page does not ask for sign-in.")
    return person(request.user)


def _known(action: str | None, where: str) -> str:
    if action is None or action not in MATRIX:
        raise ImproperlyConfigured(f"{where}: declare `action`, one of oversight.access.permissions.MATRIX.")
    return action


class ActionRequired(View):
    """A class-based view that only people whose role includes `action` may open.

    `action_by_method` names another action for a method, e.g. {"POST": "agreements.change"} on a page
    that many may read. Not signed in: to the sign-in page. Role too small: NotAllowed (403). A method
    without a handler: 405, as in any Django view. `self.actor` is who acts.
    """

    action: str | None = None
    action_by_method: ClassVar[dict[str, str]] = {}
    # Pages read and post; Django's form views would take a PUT for a POST.
    http_method_names = ["get", "post", "head", "options"]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Raises ImproperlyConfigured for a page without a known action, when addresses are loaded."""
        _known(initkwargs.get("action", cls.action), cls.__name__)
        for action in cls.action_by_method.values():
            _known(action, cls.__name__)
        return super().as_view(**initkwargs)

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def may(self, action: str) -> bool:
        """Whether the person's role includes `action`; for showing or hiding a button."""
        return may(self.actor, action)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        method = "GET" if request.method == "HEAD" else str(request.method)
        require(self.actor, self.action_by_method.get(method) or _known(self.action, type(self).__name__))
        return super().dispatch(request, *args, **kwargs)


def action_required(
    action: str, *, methods: Iterable[str] = ("GET",)
) -> Callable[[ViewFunction], ViewFunction]:
    """The same for a function view. `methods` are the ones it answers; HEAD comes with GET."""
    _known(action, "action_required")
    allowed = {method.upper() for method in methods}
    allowed |= {"HEAD"} if "GET" in allowed else set()

    def decorate(view: ViewFunction) -> ViewFunction:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            require(actor_of(request), action)
            if request.method not in allowed:
                return HttpResponseNotAllowed(sorted(allowed))
            return view(request, *args, **kwargs)

        guarded.action = action  # type: ignore[attr-defined]
        guarded.allowed_methods = frozenset(allowed)  # type: ignore[attr-defined]
        return guarded

    return decorate


def public_page(reason: str) -> Callable[[ViewFunction], ViewFunction]:
    """Declares a view that needs no sign-in, and says why. Wrap classes as `public_page(…)(V.as_view())`."""
    if not reason:
        raise ImproperlyConfigured("public_page: say why anyone may open it.")

    def decorate(view: ViewFunction) -> ViewFunction:
        opened = login_not_required(view)
        opened.public_reason = reason  # type: ignore[attr-defined]
        return opened

    return decorate

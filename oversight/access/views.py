"""Sign-in and one's own account."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import RedirectURLMixin
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView

from oversight.access import services
from oversight.access.forms import AccountForm, ChangePasswordForm, SignInForm, TokenForm
from oversight.access.guards import ActionRequired, action_required, actor_of
from oversight.access.models import ApiToken, User
from oversight.access.selectors import api_tokens_of

__all__ = ["Account", "PasswordChange", "SignIn", "TokenCreate", "TokenRevoke", "Tokens", "sign_out"]


@method_decorator([sensitive_post_parameters("password"), never_cache], name="dispatch")
class SignIn(RedirectURLMixin, FormView):
    """Public. Someone already signed in is sent on. `next` is followed only within this site."""

    form_class = SignInForm
    template_name = "access/sign_in.html"
    next_page = "console:home"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        user = cast(SignInForm, form).get_user()
        start_session(self.request, user)
        services.sign_in_record(user=user)
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """What django-axes answers after too many failures (429)."""
    return render(request, "access/locked_out.html", status=429)


@action_required("account.manage", methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    services.sign_out_record(user=cast(User, request.user))
    end_session(request)
    messages.success(request, "You are signed out.")
    return redirect("access:sign_in")


class Account(ActionRequired, FormView):
    """One's own name and time zone."""

    action = "account.manage"
    form_class = AccountForm
    template_name = "access/account.html"
    success_url = reverse_lazy("access:account")

    def get_form_kwargs(self) -> dict[str, Any]:
        # A copy: a refused form must not rename the person in the page's own header.
        user = User.objects.get(pk=cast(User, self.request.user).pk)
        return {**super().get_form_kwargs(), "instance": user}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        services.account_change(actor=self.actor, **form.cleaned_data)
        messages.success(self.request, "Your account is saved.")
        return super().form_valid(form)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class PasswordChange(ActionRequired, FormView):
    """One's own password. Other sessions of the person end; this one goes on."""

    action = "account.manage"
    form_class = ChangePasswordForm
    template_name = "access/password_change.html"
    success_url = reverse_lazy("access:account")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        user = services.password_change(actor=self.actor, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(self.request, user)
        messages.success(self.request, "Your password is changed. Other sessions are signed out.")
        return super().form_valid(form)


class Tokens(ActionRequired, TemplateView):
    """One's own API tokens."""

    action = "tokens.manage"
    template_name = "access/tokens.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tokens = api_tokens_of(user=cast(User, self.request.user))
        return super().get_context_data(tokens=tokens, now=timezone.now(), **kwargs)


@method_decorator(never_cache, name="dispatch")
class TokenCreate(ActionRequired, FormView):
    """A new token; the answer to the form shows its secret, once, and is never stored."""

    action = "tokens.manage"
    form_class = TokenForm
    template_name = "access/token_create.html"

    def form_valid(self, form: BaseForm) -> HttpResponse:
        data = form.cleaned_data
        try:
            issued = services.api_token_create(
                actor=self.actor,
                name=data["name"],
                may_write=data["access"] == "write",
                days=data["days"],
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        return render(self.request, "access/token_created.html", {"issued": issued})


class TokenRevoke(ActionRequired, TemplateView):
    """Asks, then revokes. Another person's token does not exist here (404)."""

    action = "tokens.manage"
    template_name = "access/token_revoke.html"

    def token(self) -> ApiToken:
        return get_object_or_404(api_tokens_of(user=cast(User, self.request.user)), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(token=self.token(), **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        token = services.api_token_revoke(actor=actor_of(request), token=self.token())
        messages.success(request, f"The token “{token.name}” is revoked. Programs that use it are refused.")
        return redirect(reverse("access:tokens"))

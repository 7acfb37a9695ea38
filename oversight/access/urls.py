"""Addresses of sign-in and one's own account."""

from django.urls import path

from oversight.access import views
from oversight.access.guards import public_page

app_name = "access"

urlpatterns = [
    path("sign-in/", public_page("Nobody is signed in yet.")(views.SignIn.as_view()), name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("account/", views.Account.as_view(), name="account"),
    path("account/password/", views.PasswordChange.as_view(), name="password_change"),
    path("account/tokens/", views.Tokens.as_view(), name="tokens"),
    path("account/tokens/new/", views.TokenCreate.as_view(), name="token_create"),
    path("account/tokens/<int:pk>/revoke/", views.TokenRevoke.as_view(), name="token_revoke"),
]

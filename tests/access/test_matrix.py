"""Every address with every role, with ids of one's own and with foreign ones (the table: matrix.py)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle

from agreements.models import Agency
from oversight.access.models import ApiToken, User
from oversight.access.permissions import MATRIX, WITHOUT_ROLE
from oversight.access.scope import visible_to
from oversight.access.services import digest_of
from tests.access.addresses import ALL_METHODS, Address, addresses
from tests.access.matrix import ADMIN, ADMIN_MODELS, ADMINISTRATORS, LINES, PUBLIC, UNNAMED, Line, Make
from tests.access.world import FOREIGN_NAME, ROLES, World, build

pytestmark = pytest.mark.django_db
SIGNED_IN_ROLES = [role for role in ROLES if role != "anonymous"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"read": None, "write": None})
    return build()


class Walker:
    """Sends requests as one role; what a request changes is rolled back before the next."""

    def __init__(self, world: World, role: str, *, token: ApiToken | None = None) -> None:
        self.world = world
        self.role = role
        self.user: User = world.users.get(role) or world.stranger
        self.client = Client(raise_request_exception=False)
        if token is not None:
            self.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {SECRET}"
        elif role != "anonymous":
            self.client.force_login(self.user)
        self.session = self.client.cookies.get(settings.SESSION_COOKIE_NAME)
        self.session_key = self.session.value if self.session else ""

    def ask(self, line: Line, make: Make, method: str | None = None) -> tuple[int, str]:
        """Status and body."""
        with transaction.atomic():
            address = reverse(line.name, args=make(self.world, self.user))
            if line.query:
                address += f"?{line.query}"
            answer = self.client.generic(method or line.method, address, **self._body(line))
            result = answer.status_code, _text(answer)
            transaction.set_rollback(True)
        if self.session_key:  # signing out throws the cookie away
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session_key
        return result

    @staticmethod
    def _body(line: Line) -> dict[str, Any]:
        if line.is_api:
            return {"data": json.dumps(line.data).encode(), "content_type": "application/json"}
        body = "&".join(f"{key}={value}" for key, value in line.data.items())
        return {"data": body.encode(), "content_type": "application/x-www-form-urlencoded"}

    def expected(self, line: Line, case: str) -> int:
        if self.role == "anonymous":
            return 401 if line.is_api and line.name != "api:docs" else 302
        if self.role not in line.who:
            return 403
        if case == "foreign" and (line.foreign_for == "all" or self.role == "field_pm"):
            return 404
        return 403 if case == "refused" and self.role == "field_pm" else line.ok


SECRET = "o287_a-secret-of-the-matrix"


def _text(answer: HttpResponseBase) -> str:
    if answer.streaming:
        return b"".join(answer).decode("utf-8", "replace")
    return answer.content.decode("utf-8", "replace")


def _cases(line: Line) -> Iterator[tuple[str, Make]]:
    yield "own", line.own
    for make in line.foreign:
        yield "foreign", make
    for make in line.refused:
        yield "refused", make


def _product() -> list[Address]:
    return [address for address in addresses() if not address.name.startswith("admin:")]


# --- the table is whole


def test_there_is_something_foreign(world: World) -> None:
    """Before any 404 means anything: the other office has records, and the PM has some of the own."""
    pm = world.users["field_pm"]
    seen = set(visible_to(Agency.objects.all(), pm))
    assert seen == {world.assigned.agency, world.unassigned.agency}
    assert set(Agency.objects.all()) - seen == {world.foreign.agency}
    assert world.foreign.agency.offices.get().office == world.miami != world.houston
    assert world.foreign_assignment.program_manager.user == world.stranger != pm
    assert world.foreign.agreement.agency == world.foreign.agency


def test_every_address_and_method_is_listed_and_no_line_is_stale() -> None:
    listed = {(line.name, line.method) for line in LINES}
    real = {
        (address.name, method)
        for address in _product()
        if address.name not in {*PUBLIC, *UNNAMED}
        for method in address.methods
    }
    assert sorted(real - listed) == [], "add a line to tests/access/matrix.py"
    assert sorted(listed - real) == [], "no such address or method any more"
    assert len(listed) == len(LINES), "two lines for one address and method"
    assert set(PUBLIC) | set(UNNAMED) <= {address.name for address in _product()}


def test_every_admin_address_is_listed() -> None:
    names = {address.name for address in addresses() if address.name.startswith("admin:")}
    listed = {f"admin:{model}_{page}" for model, pages in ADMIN_MODELS.items() for page in pages}
    assert sorted(names - listed - set(ADMIN) - {"admin:?"}) == []
    assert sorted((listed | set(ADMIN)) - names) == []


def test_lines_with_ids_have_foreign_ids_too() -> None:
    """Or a reason why there is nothing foreign to ask for."""
    national = {"agreements:office_detail", "api:office-detail", "agreements:import_job"}
    world: Any = None

    def has_ids(line: Line) -> bool:
        try:
            return bool(line.own(world, world))
        except AttributeError:
            return True

    missing = {line.name for line in LINES if has_ids(line) and not line.foreign}
    assert missing == national


def test_lines_agree_with_what_the_views_declare() -> None:
    columns = {
        "hq": {"hq"},
        "field_pm": {"field_pm"},
        "auditor": {"auditor"},
        "administrator": {"administrator"},
        "hq_administrator": {"hq", "administrator"},
        "no_role": set(),
    }
    by_name = {address.name: address for address in _product()}
    differing = []
    for line in LINES:
        action = by_name[line.name].action(line.method)
        assert action in MATRIX, f"{line.name} {line.method} declares no action"
        declared = {role for role, own in columns.items() if MATRIX[action] & own or action in WITHOUT_ROLE}
        if declared != set(line.who):
            differing.append((line.name, line.method, action, sorted(declared ^ line.who)))
    assert differing == []


def test_only_listed_addresses_are_open_to_everybody() -> None:
    """And each of them says why, where it is ours."""
    for address in _product():
        is_open = getattr(address.callback, "login_required", True) is False
        is_api = hasattr(address.view, "required_action")
        assert is_open == (address.name in PUBLIC or is_api), address.name


# --- the walk


# Where headquarters sees what is foreign to a field PM: else the walk would find no leak in pages that
# show nothing at all.
SHOWING_FOREIGN = {
    "agreements:agency_list",
    "agreements:agency_detail",
    "agreements:agreement_list",
    "agreements:agreement_detail",
    "agreements:publication_rows",
    "agreements:review_list",
    "itinstall:request_list",
    "itinstall:board",
    "itinstall:stuck",
    "itinstall:request_detail",
    "console:search",
    "trail:history",
    "api:agency-list",
    "api:agreement-list",
    "api:assignment-list",
    "api:publication-observations",
}


@pytest.mark.parametrize("role", ROLES)
def test_every_address_answers_every_role_as_listed(world: World, role: str) -> None:
    walker = Walker(world, role)
    wrong, showing = [], set()
    for line in LINES:
        for case, make in _cases(line):
            status, text = walker.ask(line, make)
            expected = walker.expected(line, case)
            if status != expected:
                wrong.append(f"{line.method} {line.name} ({case}): {status}, not {expected}")
            if not _shows_foreign(text, world):
                continue
            if line.method == "GET":
                showing.add(line.name)
            if role in {"field_pm", "no_role", "anonymous"}:
                wrong.append(f"{line.method} {line.name} ({case}): shows something foreign")
    assert not wrong, "\n" + "\n".join(wrong)
    if role == "hq":
        assert showing >= SHOWING_FOREIGN


def _shows_foreign(text: str, world: World) -> bool:
    foreign = world.foreign
    marks = (
        FOREIGN_NAME,
        foreign.agency.ref,
        foreign.agreement.ref,
        foreign.installation.site.ref,
        foreign.installation.request.ref,
    )
    return any(mark.lower() in text.lower() for mark in marks)


@pytest.mark.parametrize(
    ("role", "may_write"),
    [*((role, True) for role in SIGNED_IN_ROLES), ("field_pm", False), ("hq_administrator", False)],
)
def test_tokens_reach_what_their_owner_reaches_and_no_more(world: World, role: str, may_write: bool) -> None:
    token = ApiToken.objects.create(
        user=world.users[role],
        name="matrix",
        prefix=SECRET[:12],
        digest=digest_of(SECRET),
        may_write=may_write,
        expires_at=timezone.now() + timedelta(days=1),
    )
    walker = Walker(world, role, token=token)
    wrong = []
    for line in LINES:
        if not line.is_api or line.name == "api:docs":
            continue
        for case, make in _cases(line):
            expected = walker.expected(line, case)
            if line.method != "GET" and not may_write:
                expected = 403
            status, _ = walker.ask(line, make)
            if status != expected:
                wrong.append(f"{line.method} {line.name} ({case}): {status}, not {expected}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_a_token_opens_no_page(world: World) -> None:
    ApiToken.objects.create(
        user=world.users["hq_administrator"],
        name="matrix",
        prefix=SECRET[:12],
        digest=digest_of(SECRET),
        may_write=True,
        expires_at=timezone.now() + timedelta(days=1),
    )
    client = Client(headers={"Authorization": f"Bearer {SECRET}"})
    for line in LINES:
        if not line.is_api:
            answer = client.generic(line.method, reverse(line.name, args=line.own(world, world.stranger)))
            assert answer.status_code == 302, line.name
            assert answer.url.startswith(reverse("access:sign_in")), line.name


def test_methods_that_are_not_listed_are_refused(world: World) -> None:
    walker = Walker(world, "hq_administrator")
    listed = {(line.name, line.method) for line in LINES}
    wrong = []
    for line in LINES:
        for method in ALL_METHODS:
            if (line.name, method) in listed:
                continue
            status, _ = walker.ask(line, line.own, method)
            if status != 405:
                wrong.append(f"{method} {line.name}: {status}")
    assert not wrong, "\n" + "\n".join(sorted(set(wrong)))


@pytest.mark.parametrize("name", PUBLIC)
def test_open_pages_are_open(name: str, settings: Any) -> None:
    settings.METRICS_TOKEN = "of-the-matrix"
    client = Client(headers={"Authorization": "Bearer of-the-matrix"} if name == "metrics" else {})
    assert client.get(reverse(name)).status_code in {200, 503}


def test_an_unknown_api_address_is_unknown_in_json(world: World) -> None:
    for role, expected in (("anonymous", 401), ("hq", 404)):
        answer = Walker(world, role).client.get("/api/v1/nothing/here/")
        assert answer.status_code == expected
        assert answer["Content-Type"].startswith("application/json")


# --- Django's admin


def _admin_requests(world: World) -> Iterator[tuple[str, str, int]]:
    """Name, address, answer to an administrator."""
    fixed: dict[str, Callable[[], list[Any]]] = {
        "admin:view_on_site": lambda: [1, 1],
        "admin:app_list": lambda: ["access"],
        "admin:auth_user_password_change": lambda: [world.stranger.pk],
    }
    for name, expected in ADMIN.items():
        yield name, reverse(name, args=fixed.get(name, list)()), expected
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.first()
        for page, expected in ADMIN_MODELS[label].items():
            args = [] if page in {"changelist", "add"} else [row.pk if row else 1]
            yield f"{label} {page}", reverse(f"admin:{label}_{page}", args=args), expected


@pytest.mark.parametrize("role", ROLES)
def test_the_admin_is_for_administrators(world: World, role: str) -> None:
    walker = Walker(world, role)
    world.token(world.stranger)
    wrong = []
    for name, address, for_administrators in _admin_requests(world):
        with transaction.atomic():
            status = walker.client.get(address).status_code
            transaction.set_rollback(True)
        if role in ADMINISTRATORS:
            expected = for_administrators
        elif role == "anonymous":
            expected = 302
        else:
            expected = 403
        if status != expected:
            wrong.append(f"{name}: {status}, not {expected}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_actions_of_the_matrix_are_all_in_use() -> None:
    """An action that no page, operation or service asks for is a promise nobody keeps."""
    used = {address.action(method) for address in _product() for method in address.methods}
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for package in ("oversight", "agreements", "training", "staffing", "itinstall", "recommendations")
        for path in (settings.BASE_DIR / package).rglob("*.py")
        if path.name != "permissions.py"
    )
    idle = {
        action for action in MATRIX if action not in used and not re.search(rf'"{re.escape(action)}"', text)
    }
    # This comes with the first page that names officers.
    assert idle == {"officers.view_names"}

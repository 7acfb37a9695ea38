"""The OpenAPI description is whole, and every read keeps it whatever it is asked."""

from __future__ import annotations

import io

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from oversight.access.actors import person
from oversight.access.services import api_token_create
from oversight.wsgi import application
from tests.factories import UserFactory

CHECKS = (
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
EXAMPLES = 12  # per operation
KNOWN = {
    "/agencies/": ("ref", ["LEA-00000001", "LEA-00000009"]),
    "/agreements/": ("ref", ["MOA-00000001", "MOA-00000009"]),
    "/field-offices/": ("slug", ["houston", "atlantis"]),
    "/installations/": ("ref", ["ITR-00000001", "ITR-00000009"]),
    "/sites/": ("ref", ["SIT-00000001", "SIT-00000009"]),
    "/metrics/": ("key", ["agreements.listed", "no.such"]),
    "/gaps/": ("key", ["staffing.positions", "no.such"]),
}


@pytest.fixture
def _one_connection():
    """A real request closes the database connection at its end; these share the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def test_the_description_is_generated_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO())


def statuses_of(operation, *, headers: dict[str, str], list_pk: int) -> set[int]:
    """Call one operation with generated values and check each answer; the statuses that came."""
    seen: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), place=st.integers(0, 5))
    def call(case, place: int) -> None:
        for part, (name, values) in KNOWN.items():
            if part in operation.path and name in case.path_parameters:
                case.path_parameters[name] = values[place % len(values)]
        if str(case.path_parameters.get("id", "")).isdecimal():
            case.path_parameters["id"] = str(list_pk if place % 2 else 999_999)
        if place == 5:
            case.query = {}
        response = case.call(headers=headers)
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    call()
    return seen


@pytest.mark.usefixtures("_one_connection")
def test_every_read_keeps_its_description(register, installation) -> None:
    """Bounded fuzzing of all GETs, in this process, with ids that exist and ids that do not."""
    user = UserFactory(is_administrator=True)
    secret = api_token_create(actor=person(user), name="contract", may_write=False, days=1).secret
    headers = {"Authorization": f"Bearer {secret}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, headers=headers)
    operations = [result.ok() for result in schema.include(method="GET").get_all_operations()]
    seen = {
        operation.label: statuses_of(operation, headers=headers, list_pk=register.publication.pk)
        for operation in operations
    }
    assert len(seen) >= 20
    for label, statuses in seen.items():
        assert statuses & {200, 400, 404}, (label, statuses)
        if "{" not in label:  # lists were reached, not only refused
            assert 200 in statuses, (label, statuses)
    for known in ("agreements/{ref}/", "installations/{ref}/clocks/", "sites/{ref}/"):
        assert 200 in seen[f"GET /api/v1/{known}"], known

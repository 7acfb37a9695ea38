"""What the API answers: scope, the pages' filters, versions, writes through services, errors in words."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from rest_framework.throttling import SimpleRateThrottle

from agreements.models import AgreementStatus, RegisterState
from oversight.access.models import User
from oversight.console.list_query import read_list
from oversight.console.lists import get_list
from oversight.exchange.models import ExportPackage, Job
from oversight.trail.models import TrailEntry
from tests.api.conftest import add_agreement
from tests.factories import (
    AgencyFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)

V1 = "/api/v1"
OWN, NEAR, FAR = (f"{V1}/agreements/MOA-0000000{n}/" for n in (1, 2, 3))


def refs(response) -> set[str]:
    assert response.status_code == 200, response.content
    return {row["ref"] for row in response.json()["results"]}


class TestScope:
    def test_everybody_sees_their_own(self, register) -> None:
        everything = {"MOA-00000001", "MOA-00000002", "MOA-00000003"}
        assert refs(register.hq.get(f"{V1}/agreements/")) == everything
        assert refs(register.auditor.get(f"{V1}/agreements/")) == everything
        assert refs(register.pm.get(f"{V1}/agreements/")) == everything - {"MOA-00000003"}

    @pytest.mark.parametrize(
        "path",
        [
            "agreements/MOA-00000003/",
            "agreements/MOA-00000003/changes/",
            "agreements/MOA-00000003/observations/",
            "agencies/LEA-00000003/",
            "agencies/LEA-00000003/changes/",
        ],
    )
    def test_a_foreign_record_is_not_found(self, register, path) -> None:
        assert register.hq.get(f"{V1}/{path}").status_code == 200  # it exists
        response = register.pm.get(f"{V1}/{path}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    def test_related_rows_are_cut_as_well(self, register) -> None:
        for part in ("observations", "changes"):
            path = f"{V1}/publications/{register.publication.pk}/{part}/"
            assert len(register.hq.get(path).json()["results"]) == 3
            assert len(register.pm.get(path).json()["results"]) == 2
        agencies = {row["agency"] for row in register.hq.get(f"{V1}/assignments/").json()["results"]}
        assert agencies == {"LEA-00000001"}

    def test_roles_open_what_the_matrix_says(self, register) -> None:
        assert register.pm.get(f"{V1}/reviews/").status_code == 403
        assert register.auditor.get(f"{V1}/reviews/").status_code == 200
        body = register.pm.get(f"{V1}/imports/").json()
        assert body["code"] == "not_allowed"
        assert body["remedy"]

    def test_jobs_and_packages_are_their_owners(self, register, client_of) -> None:
        owner, other = UserFactory(), UserFactory()
        job = Job.objects.create(kind="exchange.export", created_by=owner)
        package = ExportPackage.objects.create(
            name="x", file_name="x.zip", manifest={"files": []}, created_by=owner
        )
        for path in (f"jobs/{job.pk}/", f"exports/{package.pk}/"):
            assert client_of(owner).get(f"{V1}/{path}").status_code == 200
            assert client_of(other).get(f"{V1}/{path}").status_code == 404


class TestLists:
    @pytest.mark.parametrize(
        ("key", "path", "query"),
        [
            ("agreements", "agreements", "state=FL"),
            ("agreements", "agreements", "model=JEM&sort=-agency"),
            ("agreements", "agreements", "q=near"),
            ("agreements", "agreements", "signed_from=2025-02-01&status=active&status=missing"),
            ("agencies", "agencies", "state=TX&sort=name"),
            ("agencies", "agencies", "in_force=yes&model=TFM"),
            ("offices", "field-offices", "q=hou"),
            ("publications", "publications", "kind=participating"),
        ],
    )
    def test_filters_and_sort_are_those_of_the_page(self, register, key, path, query) -> None:
        user = User.objects.get(role="hq", program_managers=None)
        spec = get_list(key)
        reading = read_list(spec=spec, user=user, query=QueryDict(query))
        assert not reading.problems
        name = {"agreements": "ref", "agencies": "ref", "offices": "slug", "publications": "id"}[key]
        expected = [getattr(row, "pk" if name == "id" else name) for row in reading.queryset]
        assert expected
        answered = register.hq.get(f"{V1}/{path}/?{query}").json()["results"]
        assert [row[name] for row in answered] == expected

    def test_a_filter_typed_wrong_is_refused_not_ignored(self, register) -> None:
        for query in ("stat=TX", "state=ZZ", "signed_from=31.3.2025", "sort=nonsense", "print=1"):
            response = register.hq.get(f"{V1}/agreements/?{query}")
            assert response.status_code == 400, query
            body = response.json()
            assert list(body["fields"]) == [query.split("=")[0]], "the remedy is to correct the fields named"
            assert body["message"]
        assert register.hq.get(f"{V1}/assignments/?agencies=x").json()["fields"] == {
            "agencies": ["This list has no filter called “agencies”."]
        }

    @pytest.mark.parametrize(
        "query", ["state=TX&state=FL", "state=TX&state=", "q=a&q=b", "sort=ref&sort=-ref"]
    )
    def test_two_values_for_what_takes_one_are_refused(self, register, query) -> None:
        response = register.hq.get(f"{V1}/agreements/?{query}")
        assert response.status_code == 400
        assert "takes one value" in response.json()["fields"][query.split("=")[0]][0]
        assert register.hq.get(f"{V1}/agreements/?status=active&status=missing").status_code == 200
        assert register.hq.get(f"{V1}/agreements/?state=TX&state=TX").status_code == 200

    @pytest.mark.parametrize("path", ["agreements/", "jobs/", "agreements/MOA-00000001/"])
    def test_a_format_that_there_is_not_is_not_acceptable(self, register, path) -> None:
        response = register.hq.get(f"{V1}/{path}?format=csv")
        assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
        assert "answers in json, not in “csv”" in response.json()["message"]
        assert register.hq.get(f"{V1}/{path}?format=json").status_code == 200

    def test_program_managers_have_the_filters_and_the_sort_of_their_page(self, register) -> None:
        ProgramManagerFactory(name="AA Left", office=FieldOfficeFactory(slug="miami"), valid_to="2021-01-01")
        path = f"{V1}/program-managers/"

        def names(query: str) -> list[str]:
            response = register.hq.get(f"{path}?{query}")
            assert response.status_code == 200, response.json()
            return [row["name"] for row in response.json()["results"]]

        everybody = names("sort=name")
        assert everybody[0] == "AA Left"
        assert names("sort=-name") == everybody[::-1]
        for query in ("q=left", "office=miami", "today=no", "today=no&synthetic=yes&assigned=no"):
            assert names(query) == ["AA Left"], query
        assert names("assigned=yes") == everybody[1:]
        one = register.hq.get(path).json()["results"][1]
        assert (one["n_agencies"], one["n_primary"], one["n_backup"]) == (1, 1, 0)
        assert register.hq.get(f"{path}{one['id']}/").json()["n_agencies"] == 1

    def test_assignments_are_found_by_agency_person_office_and_day(self, register) -> None:
        other = AssignmentFactory(agency=register.far.agency, role="backup", valid_to="2021-01-01")
        double = AgencyFactory(merged_into=register.far.agency)
        path = f"{V1}/assignments/"

        def ids(query: str) -> list[int]:
            response = register.hq.get(f"{path}?{query}")
            assert response.status_code == 200, response.json()
            return [row["id"] for row in response.json()["results"]]

        assert len(ids("")) == 2
        for query in (
            f"agency={register.far.agency.ref}",
            f"agency={double.ref}",
            f"program_manager={other.program_manager_id}",
            "role=backup",
            "today=no",
        ):
            assert ids(query) == [other.pk], query
        unknown = register.hq.get(f"{path}?agency=LEA-NOSUCH00")
        assert (unknown.status_code, list(unknown.json()["fields"])) == (400, ["agency"])
        foreign = register.pm.get(f"{path}?agency={register.far.agency.ref}")
        assert foreign.status_code == 400, "outside the scope it is like one that does not exist"

    def test_pages_lead_through_every_row_once_and_back(self, register) -> None:
        seen, address = [], f"{V1}/agreements/?page_size=2&sort=-ref"
        pages = []
        while address:
            pages.append(address)
            body = register.hq.get(address).json()
            seen += [row["ref"] for row in body["results"]]
            address = body["next"]
        assert seen == ["MOA-00000003", "MOA-00000002", "MOA-00000001"]
        back = register.hq.get(body["previous"]).json()
        assert [row["ref"] for row in back["results"]] == seen[:2]
        assert back["previous"] is None

    @pytest.mark.parametrize(
        "query", ["page_size=0", "page_size=501", "page_size=x", "after=x", "before=%00"]
    )
    def test_a_damaged_page_mark_is_a_bad_request(self, register, query) -> None:
        response = register.hq.get(f"{V1}/agreements/?{query}")
        assert response.status_code == 400
        assert set(response.json()["fields"]) == {query.split("=")[0]}

    @pytest.mark.parametrize(
        "path",
        [
            "agencies/", "agreements/", "field-offices/", "publications/", "reviews/", "imports/", "jobs/",
            "exports/", "program-managers/", "assignments/", "publications/{list}/observations/",
            "publications/{list}/changes/", "agencies/LEA-00000001/", "agreements/MOA-00000001/",
        ],
    )  # fmt: skip
    def test_queries_do_not_grow_with_rows(self, register, path) -> None:
        address = f"{V1}/{path}".replace("{list}", str(register.publication.pk))

        def count() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert register.hq.get(address).status_code == 200
            return len(captured)

        before = count()
        for _ in range(12):
            add_agreement(register.publication)
        assert count() == before
        assert before <= 12


class TestVersions:
    @pytest.mark.parametrize("path", [OWN, f"{V1}/agreements/?state=TX", f"{V1}/agencies/LEA-00000001/"])
    def test_what_has_not_changed_is_not_sent_again(self, register, path) -> None:
        first = register.hq.get(path)
        etag = first["ETag"]
        again = register.hq.get(path, HTTP_IF_NONE_MATCH=etag)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        weak = register.hq.get(path, HTTP_IF_NONE_MATCH=f'"other", W/{etag}')
        assert weak.status_code == 304
        type(register.own.agency).objects.filter(pk=register.own.agency_id).update(name="Renamed SO")
        changed = register.hq.get(path, HTTP_IF_NONE_MATCH=etag)
        assert (changed.status_code, changed["ETag"] == etag) == (200, False)

    def test_a_write_without_the_version_is_refused(self, register) -> None:
        body = {"on": "2025-06-02", "reason": "Letter of 2025-06-02"}
        for headers in ({}, {"HTTP_IF_MATCH": "*"}):
            response = register.hq.post(f"{OWN}suspend/", body, format="json", **headers)
            assert (response.status_code, response.json()["code"]) == (428, "if_match_required")
        assert not AgreementStatus.objects.filter(status="suspended").exists()

    def test_of_two_writers_with_one_version_the_second_is_told(self, register) -> None:
        etag = register.hq.get(OWN)["ETag"]
        body = {"on": "2025-06-02", "reason": "Letter of 2025-06-02"}
        first = register.hq.post(f"{OWN}suspend/", body, format="json", HTTP_IF_MATCH=etag)
        assert first.status_code == 200, first.content
        second = register.hq.post(f"{OWN}terminate/", body, format="json", HTTP_IF_MATCH=etag)
        assert (second.status_code, second.json()["code"]) == (412, "stale")
        assert not AgreementStatus.objects.filter(status="terminated").exists()


def change(client, path: str, body: dict, *, of: str | None = None):
    """A write with the version that a read just gave."""
    record = of or path.rsplit("/", 2)[0] + "/"
    return client.post(path, body, format="json", HTTP_IF_MATCH=client.get(record)["ETag"])


class TestStatements:
    BODY = {"on": "2025-06-02", "reason": "Letter of 2025-06-02"}

    def test_suspend_reinstate_and_withdraw(self, register) -> None:
        suspended = change(register.pm, f"{OWN}suspend/", self.BODY)
        assert (suspended.status_code, suspended.json()["status"]) == (200, "suspended")
        assert suspended["ETag"] == register.pm.get(OWN)["ETag"]
        (statement,) = [row for row in suspended.json()["statements"] if row["origin"] == "staff"]
        end = f"{OWN}statements/{statement['id']}/end/"
        ended = change(register.pm, end, {"on": "2025-07-01", "reason": "Reinstated"}, of=OWN)
        assert ended.json()["status"] == "active"
        withdraw = f"{OWN}statements/{statement['id']}/withdraw/"
        assert change(register.pm, withdraw, {"reason": "Wrong agency"}, of=OWN).status_code == 200
        verbs = list(TrailEntry.objects.order_by("pk").values_list("verb", flat=True))
        assert verbs == ["agreement.suspended", "agreement.reinstated", "agreement.statement_withdrawn"]

    def test_a_rule_of_the_service_names_the_field(self, register) -> None:
        response = change(register.hq, f"{OWN}suspend/", {"on": "2019-01-01", "reason": "x"})
        assert response.status_code == 400
        assert "before the MOA was signed" in response.json()["fields"]["on"][0]
        response = change(register.hq, f"{OWN}terminate/", {"on": "soon"})
        assert set(response.json()["fields"]) == {"on", "reason"}

    def test_who_sees_but_may_not_change_is_told_so(self, register) -> None:
        response = change(register.pm, f"{NEAR}suspend/", self.BODY)
        assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
        assert "not assigned to you" in response.json()["message"]
        assert change(register.auditor, f"{OWN}suspend/", self.BODY).status_code == 403
        foreign = register.pm.post(f"{FAR}suspend/", self.BODY, format="json", HTTP_IF_MATCH='"x"')
        assert foreign.status_code == 404
        assert not AgreementStatus.objects.filter(origin="staff").exists()

    def test_a_statement_of_another_agreement_is_not_found_here(self, register) -> None:
        change(register.hq, f"{FAR}suspend/", self.BODY)
        statement = AgreementStatus.objects.get(status="suspended")
        response = change(register.hq, f"{OWN}statements/{statement.pk}/withdraw/", {"reason": "x"}, of=OWN)
        assert response.status_code == 404

    def test_an_old_reference_answers_with_the_one_that_stands(self, register) -> None:
        type(register.near).objects.filter(pk=register.near.pk).update(merged_into=register.own)
        assert register.hq.get(NEAR).json()["ref"] == "MOA-00000001"


class TestReviews:
    def test_answer_and_undo(self, register) -> None:
        path = f"{V1}/reviews/{register.review.pk}/"
        before = RegisterState.objects.get(pk=1).version
        answered = change(register.hq, f"{path}verdicts/", {"kind": "later", "reason": "Ask Texas"}, of=path)
        assert answered.status_code == 200, answered.content
        (verdict,) = answered.json()["verdicts"]
        assert verdict["kind"] == "later"
        undone = change(register.hq, f"{path}verdicts/{verdict['id']}/undo/", {}, of=path)
        assert undone.json()["verdicts"][0]["undone_at"]
        assert RegisterState.objects.get(pk=1).version > before

    def test_only_headquarters_answers(self, register) -> None:
        path = f"{V1}/reviews/{register.review.pk}/"
        response = change(register.auditor, f"{path}verdicts/", {"kind": "same"}, of=path)
        assert response.status_code == 403
        response = change(register.hq, f"{path}verdicts/", {"kind": "perhaps"}, of=path)
        assert set(response.json()["fields"]) == {"kind"}


class TestExports:
    def test_ask_follow_and_download(self, register, django_capture_on_commit_callbacks) -> None:
        body = {"name": "list:agreements", "format": "json", "parameters": {"state": "FL"}}
        with django_capture_on_commit_callbacks(execute=True):
            response = register.hq.post(f"{V1}/exports/", body, format="json")
        assert response.status_code == 202, response.content
        job = register.hq.get(f"{V1}/jobs/{response.json()['id']}/").json()
        assert (job["state"], job["result"]["rows"], job["error"]) == ("done", 1, "")
        package = register.hq.get(f"{V1}/exports/{job['result']['package']}/").json()
        assert package["manifest"]["parameters"] == {"state": "FL"}
        download = register.hq.get(f"{V1}/exports/{package['id']}/download/")
        assert b"".join(download.streaming_content).startswith(b"PK")

    def test_what_cannot_be_exported_is_named(self, register) -> None:
        response = register.hq.post(f"{V1}/exports/", {"name": "nonsense"}, format="json")
        (said,) = response.json()["fields"]["name"]
        assert said.startswith("There is no such export. There are: ")
        assert {"observations", "agencies", "agreements"} <= set(said.rstrip(".").split(": ")[1].split(", "))
        response = register.pm.post(f"{V1}/exports/", {"name": "list:reviews"}, format="json")
        assert response.status_code == 403


class TestErrors:
    def test_every_error_has_the_same_shape(self, register) -> None:
        nobody = type(register.hq)()
        responses = [
            nobody.get(f"{V1}/agencies/"),
            register.hq.get(f"{V1}/nonsense/"),
            register.hq.delete(f"{V1}/agencies/"),
            register.hq.get(f"{V1}/agencies/", HTTP_ACCEPT="text/html"),
            register.hq.post(f"{V1}/exports/", "{", content_type="application/json"),
            register.hq.post(f"{V1}/exports/", "x", content_type="text/plain"),
        ]
        assert [response.status_code for response in responses] == [401, 404, 405, 406, 400, 415]
        for response in responses:
            body = response.json()
            assert set(body) == {"code", "message", "fields", "remedy", "request_id"}
            assert body["message"]
            assert body["remedy"]
            assert body["request_id"] == response["X-Request-ID"]

    def test_a_bug_answers_500_without_its_text(self, register, monkeypatch, caplog) -> None:
        from agreements.api.register import AgencyViewSet

        def fails(self, key: str) -> None:
            raise ZeroDivisionError("secret")

        monkeypatch.setattr(AgencyViewSet, "row", fails)
        register.hq.raise_request_exception = False
        response = register.hq.get(f"{V1}/agencies/LEA-00000001/")
        assert (response.status_code, response.json()["code"]) == (500, "internal")
        assert b"secret" not in response.content
        assert "ZeroDivisionError" in caplog.text


class TestLimits:
    def test_too_many_reads_are_told_when_to_come_back(self, register, monkeypatch) -> None:
        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"read": "2/min", "write": "1/min"})
        answers = [register.hq.get(OWN).status_code for _ in range(3)]
        assert answers == [200, 200, 429]
        response = register.hq.get(OWN)
        assert int(response["Retry-After"]) >= 1
        assert response.json()["code"] == "throttled"
        # writes count by themselves, and another person has an own count
        assert register.hq.post(f"{OWN}suspend/", {}, format="json").status_code == 400
        assert register.pm.get(OWN).status_code == 200

    def test_nobody_is_stopped_when_the_cache_is_away(self, register, monkeypatch) -> None:
        from oversight.console.cache import SoftRedisCache

        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"read": "1/min", "write": "1/min"})
        away = SoftRedisCache("redis://127.0.0.1:1/0", {})
        monkeypatch.setattr(SimpleRateThrottle, "cache", away)
        assert cache is not away
        assert [register.hq.get(OWN).status_code for _ in range(3)] == [200, 200, 200]


def test_the_page_of_operations_lists_every_operation(register, client) -> None:
    client.force_login(UserFactory())
    response = client.get(f"{V1}/docs/")
    assert response.status_code == 200
    schema = client.get(f"{V1}/schema/").json()
    for path in schema["paths"]:
        assert path.encode() in response.content
    assert schema["info"]["title"] == "287(g) program oversight"

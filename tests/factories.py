"""Small factories for tests. Set what the assertion rests on; the rest is plain and fixed."""

from __future__ import annotations

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from agreements import models as m
from agreements.choices import ListKind, Origin, Status, SupportModel
from itinstall import models as it
from oversight.access.choices import Role
from oversight.access.models import User
from staffing.models import Assignment, ProgramManager


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    role = Role.HQ


class StateFactory(DjangoModelFactory):
    class Meta:
        model = m.State
        django_get_or_create = ("code",)

    code = "TX"
    name = factory.LazyAttribute(lambda o: {"TX": "Texas", "FL": "Florida", "OH": "Ohio"}.get(o.code, o.code))


class CountyFactory(DjangoModelFactory):
    class Meta:
        model = m.County
        django_get_or_create = ("fips",)

    fips = "48201"
    state = factory.SubFactory(StateFactory)
    name = "Harris County"


class FieldOfficeFactory(DjangoModelFactory):
    class Meta:
        model = m.FieldOffice
        django_get_or_create = ("slug",)

    slug = "houston"
    name = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").title())


class AgencyFactory(DjangoModelFactory):
    class Meta:
        model = m.Agency

    ref = factory.Sequence(lambda n: f"LEA-TEST{n:04d}")
    state = factory.SubFactory(StateFactory)
    key_state = factory.SelfAttribute("state.code")
    name = factory.Sequence(lambda n: f"Example {n} County Sheriff's Office")
    key_name = factory.LazyAttribute(lambda o: o.name.lower())
    ever_participating = True


class AgencyOfficeFactory(DjangoModelFactory):
    class Meta:
        model = m.AgencyOffice

    agency = factory.SubFactory(AgencyFactory)
    office = factory.SubFactory(FieldOfficeFactory)
    valid_from = dt.date(2020, 1, 1)


class PublicationFactory(DjangoModelFactory):
    class Meta:
        model = m.Publication

    kind = ListKind.PARTICIPATING
    content_digest = factory.Sequence(lambda n: f"{n:064x}")
    sequence = factory.Sequence(lambda n: n + 1)
    ordered_at = factory.LazyAttribute(
        lambda o: dt.datetime.combine(o.published_on, dt.time(12), tzinfo=dt.UTC)
    )
    published_on = dt.date(2025, 3, 1)
    basis = "modified"
    row_count = 1
    packed_rows = b""


class AgreementFactory(DjangoModelFactory):
    class Meta:
        model = m.Agreement

    ref = factory.Sequence(lambda n: f"MOA-TEST{n:04d}")
    key = factory.Sequence(lambda n: f"TX|example {n}|JEM|2025-02-0{n}")
    agency = factory.SubFactory(AgencyFactory)
    model = SupportModel.JEM
    signed_on = dt.date(2025, 2, 1)
    first_printed_on = factory.SelfAttribute("signed_on")
    status = Status.ACTIVE
    list_status = factory.SelfAttribute("status")
    status_on = dt.date(2025, 3, 1)
    ever_participating = True
    moa_linked_on = factory.LazyAttribute(lambda o: dt.date(2020, 1, 1) if o.moa_url else None)
    moa_url = ""
    first_publication = factory.SubFactory(PublicationFactory)
    last_publication = factory.SelfAttribute("first_publication")


class AgreementStatusFactory(DjangoModelFactory):
    class Meta:
        model = m.AgreementStatus

    agreement = factory.SubFactory(AgreementFactory)
    status = Status.ACTIVE
    begins_on = dt.date(2025, 3, 1)
    origin = Origin.LIST
    publication = factory.SelfAttribute("agreement.first_publication")


class ProgramManagerFactory(DjangoModelFactory):
    class Meta:
        model = ProgramManager

    user = factory.SubFactory(UserFactory, role=Role.FIELD_PM)
    name = factory.Sequence(lambda n: f"PM {n:03d}")
    office = factory.SubFactory(FieldOfficeFactory)
    valid_from = dt.date(2020, 1, 1)
    is_synthetic = True


class AssignmentFactory(DjangoModelFactory):
    class Meta:
        model = Assignment

    program_manager = factory.SubFactory(ProgramManagerFactory)
    agency = factory.SubFactory(AgencyFactory)
    valid_from = dt.date(2020, 1, 1)


class SiteFactory(DjangoModelFactory):
    class Meta:
        model = it.Site

    ref = factory.Sequence(lambda n: f"SIT-TEST{n:04d}")
    agency = factory.SubFactory(AgencyFactory)
    name = factory.Sequence(lambda n: f"Main jail {n}")


class InstallerFactory(DjangoModelFactory):
    class Meta:
        model = it.Installer

    name = factory.Sequence(lambda n: f"Installer {n}")
    valid_from = dt.date(2020, 1, 1)

"""This app's lists: each declared once for its page, its export, its API operation and saved views."""

from __future__ import annotations

from agreements.filters.agencies import AgencyFilter
from agreements.filters.agreements import AgreementFilter
from agreements.filters.offices import OfficeFilter
from agreements.filters.publications import PublicationFilter
from agreements.selectors.agencies import agency_list
from agreements.selectors.agreements import agreement_list
from agreements.selectors.offices import office_list
from agreements.selectors.publications import publication_list
from agreements.tables.agencies import AgencyTable
from agreements.tables.agreements import AgreementTable
from agreements.tables.offices import OfficeTable
from agreements.tables.publications import PublicationTable
from oversight.console.lists import ListSpec, register_list

__all__ = ["register_lists"]

LISTS = (
    ListSpec(
        key="agencies",
        page="agreements:agency_list",
        title="Agencies",
        one="agency",
        action="records.view",
        selector=agency_list,
        filterset=AgencyFilter,
        table=AgencyTable,
        empty="No agencies yet. Headquarters imports ICE’s lists under Imports; agencies come from them.",
    ),
    ListSpec(
        key="agreements",
        page="agreements:agreement_list",
        title="Agreements",
        one="agreement",
        action="records.view",
        selector=agreement_list,
        filterset=AgreementFilter,
        table=AgreementTable,
        empty="No agreements yet. Headquarters imports ICE’s lists under Imports; agreements come from them.",
    ),
    ListSpec(
        key="offices",
        page="agreements:office_list",
        title="Field offices",
        one="field office",
        action="records.view",
        selector=office_list,
        filterset=OfficeFilter,
        table=OfficeTable,
        empty="No field offices yet. An administrator loads reference data with “manage.py migrate”.",
    ),
    ListSpec(
        key="publications",
        page="agreements:publication_list",
        title="Publications",
        one="publication",
        action="records.view",
        selector=publication_list,
        filterset=PublicationFilter,
        table=PublicationTable,
        empty="No lists yet. Headquarters imports ICE’s participating and pending lists under Imports.",
    ),
)


def register_lists() -> None:
    """Called once, when the app is ready."""
    for spec in LISTS:
        register_list(spec)

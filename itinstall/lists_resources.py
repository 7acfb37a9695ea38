"""The lists of what installations take: sites, ISAs, equipment, installers."""

from __future__ import annotations

from itinstall.filters.resources import EquipmentFilter, InstallerFilter, IsaFilter, SiteFilter
from itinstall.selectors.equipment import equipment_list
from itinstall.selectors.installers import installer_list
from itinstall.selectors.isas import isa_list
from itinstall.selectors.sites import site_list
from itinstall.tables.resources import EquipmentTable, InstallerTable, IsaTable, SiteTable
from oversight.console.lists import ListSpec, register_list

__all__ = ["register_resource_lists"]


def register_resource_lists() -> None:
    """Called once, when the app is ready."""
    register_list(
        ListSpec(
            key="sites",
            page="itinstall:site_list",
            title="Sites",
            one="site",
            action="records.view",
            selector=site_list,
            filterset=SiteFilter,
            table=SiteTable,
            empty="No sites yet. Add one with “Add a site”, or from the page of an installation request.",
        )
    )
    register_list(
        ListSpec(
            key="isas",
            page="itinstall:isa_list",
            title="Interconnection agreements",
            one="interconnection agreement",
            action="records.view",
            selector=isa_list,
            filterset=IsaFilter,
            table=IsaTable,
            empty="No ISAs yet. Begin one on the page of its site.",
        )
    )
    register_list(
        ListSpec(
            key="equipment",
            page="itinstall:equipment_list",
            title="Pieces of equipment",
            one="piece of equipment",
            action="records.view",
            selector=equipment_list,
            filterset=EquipmentFilter,
            table=EquipmentTable,
            empty="No equipment yet. Add it on the page of its site.",
        )
    )
    register_list(
        ListSpec(
            key="installers",
            page="itinstall:installer_list",
            title="Installers",
            one="installer",
            action="records.view",
            selector=installer_list,
            filterset=InstallerFilter,
            table=InstallerTable,
            empty="No installers yet. Headquarters adds them with “Add an installer”.",
        )
    )

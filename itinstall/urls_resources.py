"""Addresses of what installations take: sites, ISAs, equipment, installers, policy, published figures."""

from __future__ import annotations

from django.urls import URLPattern, path

from itinstall.views import equipment, installers, isas, policies, published, sites, visits

SITE = "sites/<str:ref>/"
ISA = "isas/<int:pk>/"
STEP = "isas/steps/<int:pk>/"
PIECE = "equipment/<int:pk>/"
INSTALLER = "installers/<int:pk>/"
VISIT = "installers/visits/<int:pk>/"
POLICY = "installations/policy/"
PUBLISHED = "installations/published/"

urlpatterns: list[URLPattern] = [
    path("sites/", sites.SiteList.as_view(), name="site_list"),
    path("sites/add/", sites.SiteCreate.as_view(), name="site_create"),
    path(SITE, sites.SiteDetail.as_view(), name="site_detail"),
    path(f"{SITE}change/", sites.SiteChange.as_view(), name="site_change"),
    path(f"{SITE}isa/", isas.IsaBegin.as_view(), name="isa_begin"),
    path("isas/", isas.IsaList.as_view(), name="isa_list"),
    path(f"{ISA}step/", isas.IsaStepEnter.as_view(), name="isa_step"),
    path(f"{ISA}expiry/", isas.IsaExpirySet.as_view(), name="isa_expiry"),
    path(f"{STEP}correct/", isas.IsaStepCorrect.as_view(), name="isa_step_correct"),
    path(f"{STEP}take-back/", isas.IsaStepWithdraw.as_view(), name="isa_step_withdraw"),
    path("equipment/", equipment.EquipmentList.as_view(), name="equipment_list"),
    path("equipment/add/", equipment.EquipmentAdd.as_view(), name="equipment_add"),
    path(f"{PIECE}status/", equipment.EquipmentStatusSet.as_view(), name="equipment_status"),
    path(f"{PIECE}change/", equipment.EquipmentDescribe.as_view(), name="equipment_describe"),
    path(f"{PIECE}move/", equipment.EquipmentMove.as_view(), name="equipment_move"),
    path("installers/", installers.InstallerList.as_view(), name="installer_list"),
    path("installers/add/", installers.InstallerCreate.as_view(), name="installer_create"),
    path("installers/months/", installers.InstallerMonths.as_view(), name="installer_months"),
    path(INSTALLER, installers.InstallerDetail.as_view(), name="installer_detail"),
    path(f"{INSTALLER}end/", installers.InstallerEnd.as_view(), name="installer_end"),
    path(f"{INSTALLER}absence/", installers.AbsenceAdd.as_view(), name="absence_add"),
    path("installers/absences/<int:pk>/remove/", installers.AbsenceRemove.as_view(), name="absence_remove"),
    path("installers/visits/add/", visits.VisitPlan.as_view(), name="visit_plan"),
    path(f"{VISIT}move/", visits.VisitMove.as_view(), name="visit_move"),
    path(f"{VISIT}remove/", visits.VisitRemove.as_view(), name="visit_remove"),
    path(POLICY, policies.PolicyList.as_view(), name="policy_list"),
    path(f"{POLICY}add/", policies.PolicyBegin.as_view(), name="policy_begin"),
    path(f"{POLICY}<int:pk>/take-back/", policies.PolicyWithdraw.as_view(), name="policy_withdraw"),
    path(PUBLISHED, published.PublishedList.as_view(), name="published_list"),
    path(f"{PUBLISHED}add/", published.PublishedAdd.as_view(), name="published_add"),
    path(f"{PUBLISHED}<int:pk>/change/", published.PublishedChange.as_view(), name="published_change"),
    path(f"{PUBLISHED}<int:pk>/remove/", published.PublishedRemove.as_view(), name="published_remove"),
]

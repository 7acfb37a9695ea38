"""Addresses of this app's API operations."""

from rest_framework.routers import SimpleRouter

from itinstall.api import requests, resources

router = SimpleRouter()
router.register("installations", requests.InstallationViewSet, basename="installation")
router.register("sites", resources.SiteViewSet, basename="site")
router.register("isas", resources.IsaViewSet, basename="isa")
router.register("equipment", resources.EquipmentViewSet, basename="equipment")
router.register("installation-forecasts", resources.ForecastViewSet, basename="forecast")

urlpatterns = router.urls

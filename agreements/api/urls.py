"""Addresses of this app's API operations."""

from rest_framework.routers import SimpleRouter

from agreements.api import lists, register

router = SimpleRouter()
router.register("agencies", register.AgencyViewSet, basename="agency")
router.register("agreements", register.AgreementViewSet, basename="agreement")
router.register("field-offices", register.OfficeViewSet, basename="office")
router.register("publications", lists.PublicationViewSet, basename="publication")
router.register("reviews", lists.ReviewViewSet, basename="review")
router.register("imports", lists.ImportViewSet, basename="import")

urlpatterns = router.urls

"""Makes the product's own admin site the default one. Apart from the site, because apps load first."""

from django.contrib.admin.apps import AdminConfig


class OversightAdminConfig(AdminConfig):
    default_site = "oversight.access.admin_site.OversightAdminSite"

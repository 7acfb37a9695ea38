"""What every API operation stands on: pages by key, error bodies, ETags, limits, the description.

pagination   keyset pages, the same order as the pages of the site
errors       one shape for everything that goes wrong
etags        If-None-Match on reads, If-Match on writes
views        base viewsets over selectors and lists
schema       what the OpenAPI description says beyond the serializers
"""

from oversight.console.api.pagination import KeysetPagination

__all__ = ["KeysetPagination"]

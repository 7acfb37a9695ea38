"""Base viewsets: rows come from a list's declaration or from a selector, always cut to the person's scope."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from oversight.access.models import User
from oversight.console import keyset
from oversight.console.api.etags import tagged
from oversight.console.api.pagination import BESIDE_FILTERS, KeysetPagination
from oversight.console.list_query import read_list
from oversight.console.lists import ListSpec, get_list

__all__ = ["ListedViewSet", "ReadViewSet"]


class ReadViewSet(viewsets.GenericViewSet[Any]):
    """`list` and `retrieve` of what a selector gives.

    Subclasses set `queryset` (an empty one: it names the model), `serializer_class`, and
    `required_action`; they define `rows()` and, for `retrieve`, `row(key)`. `order_paths` is the order of
    the list; the primary key follows by itself.
    """

    pagination_class = KeysetPagination
    filter_backends: Any = []
    order_paths: ClassVar[tuple[str, ...]] = ("pk",)
    list_serializer_class: ClassVar[Any] = None

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def get_serializer_class(self) -> Any:
        if self.action == "list" and self.list_serializer_class is not None:
            return self.list_serializer_class
        return super().get_serializer_class()

    def rows(self) -> QuerySet[Any]:
        """What the person may see, ready for the serializer."""
        raise NotImplementedError

    def row(self, key: str) -> Any:
        """One record. Raises ObjectDoesNotExist outside the scope."""
        lookup = self.lookup_field
        return self.rows().get(**{lookup: key})

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.refuse_unknown(frozenset())
        page = self.paginator.paginate_queryset(self.rows(), request, view=self)  # type: ignore[union-attr]
        return self.page_response(page)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.row(self.key))

    @property
    def key(self) -> str:
        """What the address names the record by."""
        return str(self.kwargs[self.lookup_url_kwarg or self.lookup_field])

    def answer(self, record: Any, status: int = 200) -> Response:
        return Response(self.representation(record), status=status)

    def representation(self, record: Any) -> Any:
        """What `retrieve` answers; the base of its ETag."""
        serializer_class: Any = self.serializer_class
        return serializer_class(record, context=self.get_serializer_context()).data

    def page_response(self, page: Any) -> Response:
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def pages_of(
        self, rows: QuerySet[Any], serializer_class: Any, *, order: tuple[str, ...] | None = None
    ) -> Response:
        """Pages of records that belong to this one, in the order of `rows` unless `order` says another."""
        self.refuse_unknown(frozenset())
        paths = order if order is not None else tuple(map(str, rows.query.order_by)) or ("pk",)
        paginator = cast(KeysetPagination, self.paginator)
        page = paginator.paginate(rows, keyset.keys_of(rows.model, paths), self.request)
        serializer = serializer_class(page, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(serializer.data)

    def refuse_unknown(self, known: frozenset[str]) -> None:
        """A filter typed wrong must not answer with everything. Raises ValidationError."""
        for name in self.request.query_params:
            if name not in known and name not in BESIDE_FILTERS:
                raise ValidationError({name: "This list has no such filter."})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response) and 200 <= response.status_code < 300:
            response = tagged(request, response)
        return super().finalize_response(request, response, *args, **kwargs)


class ListedViewSet(ReadViewSet):
    """Over a `ListSpec`: the page's own selector, filters and sort (`?sort=-signed_on`)."""

    list_key: ClassVar[str] = ""
    filter_backends: Any = [DjangoFilterBackend]  # for the OpenAPI description; `list` filters

    @property
    def spec(self) -> ListSpec:
        """The page's list; another one where records have an operation but no page of their own."""
        return get_list(self.list_key)

    @property
    def filterset_class(self) -> Any:
        """For the OpenAPI description."""
        return self.spec.filterset

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query = request.query_params.copy()
        for name in BESIDE_FILTERS:
            query.pop(name, None)
        if "print" in query:
            raise ValidationError({"print": "This list has no such filter."})
        reading = read_list(spec=self.spec, user=self.user, query=query)
        if reading.problems:
            raise ValidationError({problem.name: problem.message for problem in reading.problems})
        paginator = cast(KeysetPagination, self.paginator)
        return self.page_response(paginator.paginate(reading.queryset, reading.keys, request))

    def rows(self) -> QuerySet[Any]:
        return self.spec.selector(user=self.user)

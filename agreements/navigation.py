"""This app's pages in the navigation."""

from __future__ import annotations

from oversight.console.navigation import register_nav

__all__ = ["register_pages"]


def register_pages() -> None:
    """Called once, when the app is ready."""
    for order, (key, label, page, action, current) in enumerate(
        [
            ("agencies", "Agencies", "agency_list", "records.view", "agency"),
            ("agreements", "Agreements", "agreement_list", "records.view", "agreement"),
            ("offices", "Field offices", "office_list", "records.view", "office"),
            ("publications", "Publications", "publication_list", "records.view", "publication"),
            ("reviews", "Reviews", "review_list", "reviews.view", "review"),
            ("imports", "Imports", "import_list", "imports.view", "import"),
        ],
        start=1,
    ):
        register_nav(
            key=key, label=label, url_name=f"agreements:{page}", action=action,
            order=order * 10, current=(f"agreements:{current}",),
        )  # fmt: skip
    register_nav(
        key="map", label="Map over time", url_name="agreements:map", action="aggregates.view",
        order=5, group="more",
    )  # fmt: skip

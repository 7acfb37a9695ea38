"""Reading Excel workbooks that strangers made: a guard, then the cells of one sheet. Pure: no Django."""

from oversight.exchange.workbooks.cells import (
    Cell,
    Grid,
    Row,
    column_letters,
    first_sheet,
    modified_at,
    serial_date,
)
from oversight.exchange.workbooks.package import MAX_BYTES, REMEDY, Package, load_bytes, open_package
from oversight.exchange.workbooks.refused import Refused

__all__ = [
    "MAX_BYTES",
    "REMEDY",
    "Cell",
    "Grid",
    "Package",
    "Refused",
    "Row",
    "column_letters",
    "first_sheet",
    "load_bytes",
    "modified_at",
    "open_package",
    "serial_date",
]

"""Why a file is not taken."""

from __future__ import annotations

__all__ = ["Refused"]


class Refused(Exception):
    """A file that cannot be taken. Carries one plain sentence, a stable code and a remedy.

    `overridable`: a person may overrule it with a reason.
    """

    def __init__(self, code: str, message: str, remedy: str = "", *, overridable: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy, self.overridable = code, message, remedy, overridable

    def __reduce__(self) -> tuple[object, ...]:
        """Files are read in other processes; a refusal has to come back whole."""
        return _refused, (self.code, self.message, self.remedy, self.overridable)


def _refused(code: str, message: str, remedy: str, overridable: bool) -> Refused:
    return Refused(code, message, remedy, overridable=overridable)

"""Public addresses out of what the lists link to.

About one link in five is wrapped by a mail gateway, and the wrapped form embeds an e-mail address. Only
the public address inside is kept: the wrapped form is never stored, shown or logged
(docs/reconciliation.md, "What goes wrong in them", MOA cell).
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

_WRAPPER_PARAMETERS = ("url", "u", "q", "target")
_WRAPPER_HOSTS = (
    "safelinks.protection.outlook.com",
    "safelinks.protection.office365.us",
    "urldefense.com",
    "urldefense.us",
    "urldefense.proofpoint.com",
    "protect.checkpoint.com",
    "linkprotect.cudasvc.com",
)
_PLUGIN = re.compile(r"^(?:chrome|moz|ms-browser|safari-web)-extension://[^/]*/+", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:https?:/*)+(?=https?:/)", re.IGNORECASE)
_SLASHES = re.compile(r"^(https?):/*(?=[^/])", re.IGNORECASE)
_URLDEFENSE_V3 = re.compile(r"/v3/__(.+?)__;", re.IGNORECASE)
_URL_IN_TEXT = re.compile(r"(?:chrome-extension://[^/\s]*/)?https?:/+[^\s<>\"]+", re.IGNORECASE)
_ONE_URL = re.compile(r"^https?:/+\S*/[^/<>\"|]*\.pdf$", re.IGNORECASE)
_MAIL = re.compile(r"[A-Za-z0-9._%+'-]+(?:@|%40)[A-Za-z0-9.-]+\.[A-Za-z]{2,}", re.IGNORECASE)
_ARCHIVED = re.compile(r"^https?://web\.archive\.org/web/[0-9]+[a-z_]*/(?=https?://)", re.IGNORECASE)
_MAX_WRAPS = 8


def _is_wrapper(host: str) -> bool:
    return any(host == known or host.endswith("." + known) for known in _WRAPPER_HOSTS)


def _inner(url: str) -> str:
    """The address a gateway's link leads to, or "" when it names none."""
    match = _URLDEFENSE_V3.search(url)
    if match:
        return match.group(1)
    query = parse_qs(urlsplit(url).query)
    for name in _WRAPPER_PARAMETERS:
        for value in query.get(name, ()):
            if re.match(r"https?[:%-]", value, re.IGNORECASE):
                return value.replace("-3A", ":").replace("_", "/") if "-3A__" in value else value
    return ""


def _public_host(host: str) -> bool:
    if not host or "." not in host or host.endswith((".local", ".internal", ".localhost")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True


@lru_cache(maxsize=16384)
def public_url(text: str) -> str:
    """The public http(s) address behind a link target; "" when there is none.

    Takes a target as the workbook holds it: wrapped (also nested), behind a browser plug-in's prefix, or
    with a doubled or crippled scheme.
    """
    url = text.strip().strip("\u00a0")
    for _ in range(_MAX_WRAPS):
        url = _SCHEME.sub("", _PLUGIN.sub("", url))
        url = _SLASHES.sub(lambda match: match.group(1).lower() + "://", url)
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return ""
        if parts.scheme not in ("http", "https"):
            return ""
        if not _is_wrapper(host):
            break
        url = _inner(url)
    else:
        return ""
    if not _public_host(host) or parts.username is not None:
        return ""
    if _has_mail(url):
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
        if _has_mail(url):
            return ""
    return url.replace(" ", "%20")


def _has_mail(url: str) -> bool:
    # %25 is an escaped per cent sign: addresses hide one escape deeper in nested links.
    return bool(_MAIL.search(url) or _MAIL.search(unquote(unquote(url))))


def clean_text(text: str) -> str:
    """A cell's text without wrapped links and without e-mail addresses; otherwise verbatim."""
    if "://" not in text and ":/" not in text and "@" not in text and "%40" not in text:
        return text
    text = _URL_IN_TEXT.sub(lambda match: public_url(match.group(0)) or "[link removed]", text)
    return _MAIL.sub("[e-mail address removed]", text)


def url_in_text(text: str) -> str:
    """The first public address printed in a text, "" when none."""
    if ":/" not in text:
        return ""
    if _ONE_URL.match(text.strip()):
        return public_url(text)  # the file's name may hold a space
    match = _URL_IN_TEXT.search(text)
    return public_url(match.group(0)) if match else ""


@lru_cache(maxsize=16384)
def unarchived(url: str) -> str:
    """The address whose copy an archived link shows: https://web.archive.org/web/<time>/<address>.

    The time of the copy differs from capture to capture of ICE's page; what is linked does not.
    """
    return _ARCHIVED.sub("", url)


@lru_cache(maxsize=16384)
def moa_file(url: str) -> str:
    """The name of the linked file in lower case, unescaped and without spaces: what makes two links one file.

    Archived copies and http/https variants of one file are the same file.
    """
    if not url:
        return ""
    path = unquote(urlsplit(url).path).rstrip("/")
    return re.sub(r"\s+", "", path.rsplit("/", 1)[-1]).lower()

"""Ask one address of this machine; exit status 0 when the answer is a success (health checks)."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main(address: str) -> int:
    """Prints the answer. 1 when there is none, or when it says that something is wrong."""
    if not address.startswith("http://localhost:"):
        print("Only addresses of this machine are asked.", file=sys.stderr)
        return 1
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:  # noqa: S310 - checked above
            print(answer.read().decode())
    except urllib.error.HTTPError as error:
        print(error.read().decode(), file=sys.stderr)
        return 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

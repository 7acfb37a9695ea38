"""Backup and restore of everything that an installation holds (docs/operations.md).

A backup is one tar file: the database as it stood at one moment, every file in storage, and at its end a
manifest with the SHA-256 of each and with fingerprints. A part registers a fingerprint for what it answers
for, e.g. the hash of the register; a restore computes them again and says whether they are the same. An app
without a hash of its own has one over its rows (`contents`).

`writing` makes a backup, `restoring` reads one back, `sqlite` and `postgresql` know the databases.
"""

from oversight.exchange.backup.contents import Keys, register_contents
from oversight.exchange.backup.fingerprints import Fingerprint, all_fingerprints, register_fingerprint

__all__ = ["Fingerprint", "Keys", "all_fingerprints", "register_contents", "register_fingerprint"]

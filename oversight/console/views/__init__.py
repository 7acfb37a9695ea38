"""Pages that belong to no app: home, search, saved views."""

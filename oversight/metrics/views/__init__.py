"""Pages of figures, targets and the gap ledger."""

"""What is promised about speed and memory, measured as ratios within one run (benchmarks/README.md)."""

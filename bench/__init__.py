"""How fast the desk is, and what it stands: run by hand or by `make bench`, told in docs/performance.md."""

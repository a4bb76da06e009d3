"""``python -m controlplane``: the same as ``trimtab``."""

from controlplane.cli import main

main()

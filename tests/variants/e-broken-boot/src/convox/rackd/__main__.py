"""A control plane that does not even boot."""

raise SystemExit("rackd: this release cannot boot")

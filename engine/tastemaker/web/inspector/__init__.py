"""The inspector: pages that show what is recommended, and why. They only read."""

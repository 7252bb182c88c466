"""Files of items, users and interactions: reading them in, writing them out."""

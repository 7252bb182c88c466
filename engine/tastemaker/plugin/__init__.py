"""Plugins: hook specifications, finding and naming plugins, and guarded calls into them."""

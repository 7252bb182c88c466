"""Assessment: what would have been answered, measured on what people went on to choose."""

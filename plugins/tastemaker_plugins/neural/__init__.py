"""What the recommenders that train with Keras share; serving them takes NumPy only."""

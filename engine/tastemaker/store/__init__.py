"""The store: one SQL database that holds everything, with what is sensitive sealed."""

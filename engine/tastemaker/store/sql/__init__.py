"""SQL of the store: connections, statements, tables and migrations."""

"""The cases: a function each that takes a Stage and yields Rows."""

"""How services reach each other: what each mode of the mesh adds to a task and to a service, as plain data."""

"""What services and jobs have in common: a task definition, its containers and its roles."""

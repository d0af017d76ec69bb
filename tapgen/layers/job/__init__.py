"""A job: a task definition that runs to its end, what starts it, and who hears when that fails."""

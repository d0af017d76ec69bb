"""The whole way, as a team goes it: a repository, make, the real AWS CLI, and a local AWS."""

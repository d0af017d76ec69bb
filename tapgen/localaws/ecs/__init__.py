"""ECS: ministack keeps clusters and task definitions; services, deployments and tasks are ours, and fail as on AWS."""

"""What whoever deploys may do: the deploy role of an environment, and the role that CloudFormation works with."""

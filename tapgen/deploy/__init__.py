"""From the checked-in templates to a running platform, with the AWS CLI; what the Makefile's targets run."""

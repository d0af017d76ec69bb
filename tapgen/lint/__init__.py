"""Checking templates: cfn-lint with our own rules, verdicts that are remembered, findings in four formats."""

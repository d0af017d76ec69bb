"""tapgen: one short file in, reviewed nested CloudFormation templates out."""

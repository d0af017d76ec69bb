"""The tree shows every template with its resources."""

from tapgen.outline import outline

ONE = """\
Parameters:
  VpcId:
    Type: AWS::EC2::VPC::Id

Resources:
  Topic:
    Type: AWS::SNS::Topic

Outputs:
  Name:
    Value: a
"""
TWO = """\
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      Text: |-
        Resources:
            Type: AWS::SNS::Topic

  Queue:
    Type: AWS::SQS::Queue
"""


def test_files_come_first_and_folders_are_summed() -> None:
    templates = {"dev/root.yaml": ONE, "dev/network.yaml": TWO, "registry.yaml": TWO, "prod/root.yaml": ONE}
    assert (
        outline(templates, "templates_out")
        == """\
templates_out
├── registry.yaml        2 resources     0.2 kB
├── dev                  3 resources     0.3 kB
│   ├── root.yaml        1 resource      0.1 kB
│   └── network.yaml     2 resources     0.2 kB
└── prod                 1 resource      0.1 kB
    └── root.yaml        1 resource      0.1 kB"""
    )


def test_nothing_is_just_the_title() -> None:
    assert outline({}, "templates_out") == "templates_out"

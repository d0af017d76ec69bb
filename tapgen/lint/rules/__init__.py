"""Our own checks as cfn-lint rules, one file each; `cfn-lint -a tapgen/lint/rules` runs them on any template.

Ids: E9101 to E9109 look at nested stacks, E9111 and above at single resources. cfn-lint has none
above 9000.
"""

"""Our own checks as cfn-lint rules, one file each. `cfn-lint -a` loads them too."""

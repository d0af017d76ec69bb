"""Credentials: generated secrets, whose values nobody has seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from troposphere import Template, secretsmanager

from tapgen.config import model
from tapgen.kinds import Text
from tapgen.parts.context import arch, why
from tapgen.parts.retention import retention
from tapgen.stack import logical_id


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """One secret for each name, with the JSON keys `username` and `password`."""

    config: Mapping[str, model.Secret]
    protect: bool
    key_arn: Text

    @dataclass(frozen=True)
    class Outputs:
        arns: Mapping[str, Text]
        key_arn: Text

    def build(self, template: Template) -> Outputs:
        template.set_description("Credentials: generated secrets, whose values nobody has seen.")
        arch(template, "Secrets Manager makes the values; tasks get single JSON keys of them as environment variables.")
        secrets = {name: template.add_resource(self._secret(name, secret)) for name, secret in self.config.items()}
        return self.Outputs(arns={name: Text(secret.ref()) for name, secret in secrets.items()}, key_arn=self.key_arn)

    def _secret(self, name: str, secret: model.Secret) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            f"{logical_id(name)}Secret",
            **retention(self.protect),
            Metadata=why(
                "Generated once, by AWS.",
                "Changing GenerateSecretString makes a new password at once: whoever has the old one fails.",
            ),
            Description=f"Credentials: {name}",
            KmsKeyId=self.key_arn,
            GenerateSecretString=secretsmanager.GenerateSecretString(
                SecretStringTemplate=json.dumps({"username": secret.username}),
                GenerateStringKey="password",
                PasswordLength=secret.length,
                # None of these needs escaping in a shell, a URL, JSON or SQL.
                ExcludePunctuation=True,
            ),
        )

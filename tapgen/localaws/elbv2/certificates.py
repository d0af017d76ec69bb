"""More certificates of a listener, beside its default one.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource
from tapgen.localaws.kept import keep, kept
from tapgen.localaws.operations import Proceed, operation
from tapgen.localaws.protocol import Fields, ServiceError

_MORE = "MoreCertificates"


def _more(listener: str) -> list[str]:
    found: list[str] = kept(listener + _MORE).get("arns", [])
    return found


@operation("elbv2", "AddListenerCertificates")
async def add_listener_certificates(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html."""
    listener = request["ListenerArn"]
    (found,) = (await call("elbv2", "DescribeListeners", ListenerArns=[listener]))["Listeners"]
    if found["Protocol"] != "HTTPS":
        text = "A certificate cannot be specified for HTTP listeners"
        raise ServiceError("ValidationError", text)
    added = [each["CertificateArn"] for each in request["Certificates"]]
    keep(listener + _MORE, arns=[*_more(listener), *(arn for arn in added if arn not in _more(listener))])
    return {"Certificates": request["Certificates"]}


@operation("elbv2", "RemoveListenerCertificates")
async def remove_listener_certificates(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RemoveListenerCertificates.html."""
    gone = {each["CertificateArn"] for each in request["Certificates"]}
    listener = request["ListenerArn"]
    keep(listener + _MORE, arns=[arn for arn in _more(listener) if arn not in gone])
    return {}


@operation("elbv2", "DescribeListenerCertificates")
async def describe_listener_certificates(request: Fields, _proceed: Proceed) -> Fields:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerCertificates.html."""
    listener = request["ListenerArn"]
    (found,) = (await call("elbv2", "DescribeListeners", ListenerArns=[listener]))["Listeners"]
    own = [{"CertificateArn": each["CertificateArn"], "IsDefault": True} for each in found.get("Certificates", [])]
    return {"Certificates": own + [{"CertificateArn": arn, "IsDefault": False} for arn in _more(listener)]}


@provides("AWS::ElasticLoadBalancingV2::ListenerCertificate")
class ListenerCertificate(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenercertificate.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Add it to the listener."""
        await call("elbv2", "AddListenerCertificates", **wanted.properties)
        return Made(wanted.title())

    async def update(self, wanted: Wanted, before: Resource) -> Made:
        """Add the new ones before the old ones go."""
        await call("elbv2", "AddListenerCertificates", **wanted.properties)
        kept_arns = wanted.properties["Certificates"]
        gone = [each for each in before.properties["Certificates"] if each not in kept_arns]
        if gone:
            listener = wanted.properties["ListenerArn"]
            await call("elbv2", "RemoveListenerCertificates", ListenerArn=listener, Certificates=gone)
        return Made(before.physical_id)

    async def delete(self, resource: Resource) -> None:
        """Take it from the listener."""
        await call("elbv2", "RemoveListenerCertificates", **resource.properties)

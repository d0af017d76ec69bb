"""Web application firewalls in front of load balancers.

https://docs.aws.amazon.com/waf/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from tapgen.localaws.calls import call
from tapgen.localaws.cloudformation.providers import Made, Provider, Wanted, provides
from tapgen.localaws.cloudformation.stacks import Resource


@provides("AWS::WAFv2::WebACLAssociation")
class WebAclAssociation(Provider):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-wafv2-webaclassociation.html."""

    async def create(self, wanted: Wanted) -> Made:
        """Put a web ACL in front of a load balancer that exists."""
        firewall, guarded = wanted.properties["WebACLArn"], wanted.properties["ResourceArn"]
        await call("elbv2", "DescribeLoadBalancers", LoadBalancerArns=[guarded])
        await call("wafv2", "AssociateWebACL", WebACLArn=firewall, ResourceArn=guarded)
        return Made(f"{firewall}|{guarded}")

    async def delete(self, resource: Resource) -> None:
        """Take it away."""
        await call("wafv2", "DisassociateWebACL", ResourceArn=resource.properties["ResourceArn"])

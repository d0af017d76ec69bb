"""A local AWS, on this machine's loopback only, that platforms can be deployed to with the real AWS CLI.

Most of it is ministack. What a platform needs and ministack lacks, or does unlike AWS, is here, in two shapes:
operations of an API (`operations`), and resource types of CloudFormation (`cloudformation.providers`), one module for
each AWS service. `gaps` lists what remains unlike AWS. Nothing else in tapgen knows this package.
"""

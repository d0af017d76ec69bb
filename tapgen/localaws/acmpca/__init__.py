"""Private certificate authorities. moto keeps them; what their certificates say is ours.

https://docs.aws.amazon.com/privateca/latest/APIReference/Welcome.html
"""

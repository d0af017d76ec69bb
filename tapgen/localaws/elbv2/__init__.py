"""Load balancers: what ministack forgets of them, what it does not refuse, and requests on their way to targets."""

"""Random changes to training pictures. In: a policy and a batch; out: the changed batch."""

"""What single methods need so that several processes train them as one would: a module of the method's name for each.

A module has `JOINT`: by type of a module of the network, the class that it has meanwhile, with an attribute `peers`.
"""

from zoo.methods.branchynet.network import BranchyNet

__all__ = ["BranchyNet"]

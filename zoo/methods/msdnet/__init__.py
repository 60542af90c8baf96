from zoo.methods.msdnet.network import MSDNet

__all__ = ["MSDNet"]

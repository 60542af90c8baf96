from zoo.methods.skipnet.network import SkipNet

__all__ = ["SkipNet"]

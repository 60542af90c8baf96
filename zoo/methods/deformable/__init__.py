from zoo.methods.deformable.network import DeformableNet

__all__ = ["DeformableNet"]

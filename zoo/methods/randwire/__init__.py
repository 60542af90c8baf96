from zoo.methods.randwire.network import RandWireNet

__all__ = ["RandWireNet"]

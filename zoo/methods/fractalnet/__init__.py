from zoo.methods.fractalnet.network import FractalNet

__all__ = ["FractalNet"]

from zoo.methods.cliquenet.network import CliqueNet

__all__ = ["CliqueNet"]

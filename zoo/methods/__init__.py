"""One module, or one folder, per method. Importing this package imports them all, and each registers itself."""

from importlib import import_module
from pkgutil import iter_modules

for _found in iter_modules(__path__):
    import_module(f"{__name__}.{_found.name}")

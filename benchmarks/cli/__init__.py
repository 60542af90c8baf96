"""How commands talk to people: arguments, progress, errors."""

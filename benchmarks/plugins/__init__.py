"""Plug-ins that a command or a study names: where they are, and how they are imported, here and in Ray's workers."""

"""Trunks of trained networks, whatever the method, as feature maps for other tasks."""

"""What is compared: methods, data, recipe, seeds, and the studies that ship with the suite."""

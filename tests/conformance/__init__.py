"""What every registered method must satisfy; a new method inherits all of it by being registered."""

"""Registers: what units keep of their own work, each thing entered once, of any kind the pack defines."""

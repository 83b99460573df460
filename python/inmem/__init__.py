# python/inmem/__init__.py: the package that Python code sees.
"""Python inside Node: bundles run from memory."""

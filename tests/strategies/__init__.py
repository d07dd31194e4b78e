"""Builders and strategies that tests of several rooms share."""

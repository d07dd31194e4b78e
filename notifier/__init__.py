"""Durable, explainable notifications for Argo Rollouts."""

"""Figures as Prometheus has them."""

"""Traces and metrics of a job for OpenTelemetry; the library is loaded if the environment asks for it."""

"""Timings for dashboards: `observe=` of `Tastemaker`, for Prometheus and for OpenTelemetry."""

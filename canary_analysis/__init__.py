"""canary_analysis."""

"""The dashboard: Streamlit pages that read the REST API and nothing else."""

__all__: list[str] = []

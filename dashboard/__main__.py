"""The script that Streamlit runs: pages, and one place that finds the control plane."""

import streamlit as st

from controlplane.client import TrimtabClient
from controlplane.settings import read_settings
from dashboard.overview import overview


def main() -> None:
    """Draw the page that was chosen."""
    st.set_page_config(page_title="Trimtab", page_icon=":material/sailing:", layout="wide")
    settings = read_settings()
    with TrimtabClient(settings.url, settings.token) as client:
        page = st.Page(lambda: overview(client), title="Overview", url_path="overview")
        st.navigation([page], position="top").run()


main()

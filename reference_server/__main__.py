"""python -m reference_server: the same as ``trimtab model-server``."""

from reference_server.command import app

app(prog_name="python -m reference_server")

"""One HTML page about a dataset: its repository and its newest run, from SQL to a file or a live view.

`figures.py` asks the tables, each kind of figure in a file of its own; `page.py` puts figures, scripts and
styles (`web/`) into one document; `live_server.py` shows a job that runs.
"""

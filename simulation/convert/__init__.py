"""Public feed formats as Fanfinity events.

cli.py        the command line               feed.py         what all converters share
statsbomb.py  StatsBomb open data, JSON      metrica.py      Metrica Sports: which row is which event
                                             metrica_file.py its two file formats, CSV and JSON
"""

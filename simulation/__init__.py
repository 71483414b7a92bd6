"""Believable football matches as Fanfinity events, to a file or live over HTTP.

squads.py   clubs and players          match.py   a match played from kick-off to full time
side.py     eleven players and a bench events.py  what a match says, as the contract's JSON
stream.py   several matches as one     sender.py  posts until every event is accepted
cli.py      the command line           progress.py what it tells a person
arguments.py what command lines take    crowd/      many matches at a rate, with an exact account
                                        convert/    public feed formats as events
"""

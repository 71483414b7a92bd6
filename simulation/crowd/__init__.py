"""Many matches at once, with a crowd that reacts, sent at a rate that does not wait for the server; then an exact account.

cli.py        the command line            run.py      workers started, watched and summed up
programme.py  which match says what when  worker.py   one process: its share of the traffic, its connections
traffic.py    feeds and the crowd         disorder.py late events and copies
requests.py   events put into requests    badfeed.py  requests that must be refused
link.py       one HTTP connection         delivery.py requests repeated until they are accepted
account.py    what was acknowledged       verify.py   compares that with the server's metrics
latency.py    percentiles                 display.py  what a person sees meanwhile
watch.py      the server's lag and age    summary.py  what a person reads at the end
"""

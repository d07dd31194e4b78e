"""The chart, rendered by real Helm (`make chart` fetches it) and looked at as objects.

`python -m tests.chart.documents` renews what is made from the values and the settings.
"""

"""The journal: every fact of the study in a database.

Knows: SQL, tables, migrations. Does not know: files of pictures, the dataset, the Hub.
"""

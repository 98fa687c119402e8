"""Files of contacts and touches: read as they are, mapped, previewed, applied in steps, undone.

sniff   what kind of text file it is       table    its rows, broken ones included
columns which column is which field        mapping  that choice as a file people can edit
values, dates, numbers                     what one cell says
merge   rows about one person              apply    the database's part
undo    an import taken back               shared   people whom several imports have
"""

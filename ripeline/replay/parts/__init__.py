"""History parts: the touch log as columns in Parquet files, a few people to each, made to be loaded fast.

`opening` and `loading` read, `building` and `updating` write, `form` is the form of a file, `manifest` the list of
the files in force, `folder` where they lie, `merging` how newer files join an older one, `problems` what can be wrong.
"""

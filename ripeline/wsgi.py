"""The pages, as the threads of `page_threads.py` run them.

Not Django's asynchronous application: that gives each request a thread, and with it a database connection, of its own,
so that connections are made anew for every page and PostgreSQL runs out of them. A pool of threads keeps theirs.
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
application = get_wsgi_application()
# What is loaded by now stays: looking through all of it for garbage would hold up a page for tens of milliseconds.
get_resolver().url_patterns  # noqa: B018  (loads every view)
gc.collect()
gc.freeze()

"""The application our own server runs.

Not the asynchronous one: that gives each request a thread, and with it a database connection, of its own, so that
connections are made anew for every page and PostgreSQL runs out of them. A pool of threads keeps theirs.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
application = get_wsgi_application()

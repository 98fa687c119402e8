"""The application a web server runs."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ripeline.settings")
# Static files are read by synchronous iterators, whole; they are small, and kept by the browser afterwards.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = get_asgi_application()

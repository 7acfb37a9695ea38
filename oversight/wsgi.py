"""The WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")

application = get_wsgi_application()

# What is loaded by now stays. Looked through again by every full collection, it would stop one page in some
# twenty for a tenth of a second.
gc.collect()
gc.freeze()

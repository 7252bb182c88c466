"""Django's settings; the database is the one that TASTEMAKER_DATABASE names."""

import os
import secrets
from typing import Any

from sqlalchemy import make_url

url = make_url(os.environ.get("TASTEMAKER_DATABASE", "sqlite:///shop.db"))

SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": url.database,
    # the lock is taken where a transaction begins: taken late it may be refused
    "OPTIONS": {"transaction_mode": "IMMEDIATE"},
}
POSTGRESQL: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": url.database,
    "USER": url.username,
    "PASSWORD": url.password,
    "HOST": url.host or url.query.get("host"),
    "PORT": url.port,
    "CONN_MAX_AGE": 60,
}

DATABASES = {"default": SQLITE if url.get_backend_name() == "sqlite" else POSTGRESQL}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["shop"]
MIDDLEWARE = ["shop.refusing.Refusing"]
ROOT_URLCONF = "shop.urls"
ALLOWED_HOSTS = os.environ.get("SHOP_HOSTS", "localhost,127.0.0.1").split(",")
SECRET_KEY = os.environ.get("SHOP_SECRET") or secrets.token_urlsafe()
USE_TZ = True
TIME_ZONE = "UTC"

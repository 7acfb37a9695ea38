# syntax=docker/dockerfile:1
# Three stages: packages and front-end files are made where their tools are; what runs holds neither.

FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY --from=front-end /app/node_modules node_modules
COPY . .
RUN /venv/bin/python -m tools.assets \
    && SECRET_KEY=only-while-building-never-at-run-time-0123456789abcdef DEBUG=false \
       /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf node_modules

FROM python:3.11-slim-bookworm
# pg_dump and pg_restore for backups; Debian 12 has those of PostgreSQL 15, as docker-compose.yml.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/*
# Its own user without a shell; the code belongs to root, so that the process cannot change it.
RUN useradd --system --uid 10001 --home-dir /var/lib/oversight --create-home --shell /usr/sbin/nologin oversight
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=oversight.settings \
    OVERSIGHT_VAR_DIR=/var/lib/oversight
VOLUME /var/lib/oversight
USER oversight
EXPOSE 8000
# One process per core is a good start; threads wait for the database meanwhile.
CMD ["gunicorn", "oversight.wsgi:application", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", \
     "--access-logfile=-", "--max-requests=2000", "--max-requests-jitter=200", "--worker-tmp-dir=/dev/shm"]

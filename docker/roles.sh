#!/bin/sh
# Makes the two database roles when the PostgreSQL volume is new.
#   oversight_owner  owns the tables; only the `migrate` service signs in as it
#   oversight_app    web, worker and scheduler; `migrate` grants it what it needs, and on the
#                    trail only reading and adding
# Also right for a server of your own: run it once with PGHOST, PGUSER and PGPASSWORD of an
# administrator, and POSTGRES_DB, OWNER_PASSWORD and APP_PASSWORD set.
set -eu

: "${POSTGRES_DB:?the name of the database}"
: "${OWNER_PASSWORD:?the password of oversight_owner}"
: "${APP_PASSWORD:?the password of oversight_app}"
OWNER_ROLE="${OWNER_ROLE:-oversight_owner}"
APP_ROLE="${APP_ROLE:-oversight_app}"

# psql quotes the values itself (:'name' a text, :"name" a name): any password is safe.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$POSTGRES_DB" \
  --set=db="$POSTGRES_DB" --set=owner="$OWNER_ROLE" --set=app="$APP_ROLE" \
  --set=owner_password="$OWNER_PASSWORD" --set=app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE :"app"   LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';
ALTER DATABASE :"db" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"db" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"db" TO :"app";
-- Only the owner makes tables.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app";
SQL

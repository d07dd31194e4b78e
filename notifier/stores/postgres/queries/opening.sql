-- What is asked and written when the store is opened.

-- name: server
SELECT
  current_setting('server_version_num')::int AS version_number,
  split_part(current_setting('server_version'), ' ', 1) AS version,
  pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS read_only,
  current_setting('server_encoding') AS encoding,
  current_setting('fsync') AS fsync,
  current_setting('synchronous_commit') AS synchronous_commit,
  current_user AS role

-- name: migration_lock
SELECT pg_advisory_xact_lock(6813749201)

-- name: schema_exists
SELECT to_regclass('notifier.schema_version') IS NOT NULL

-- name: foreign_tables
SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'notifier'

-- name: create_schema
CREATE SCHEMA IF NOT EXISTS notifier

-- name: create_version
CREATE TABLE notifier.schema_version (version integer NOT NULL, oldest integer NOT NULL)

-- name: insert_version
INSERT INTO notifier.schema_version (version, oldest) VALUES (0, 1)

-- name: version
SELECT version, oldest FROM notifier.schema_version

-- name: set_version
UPDATE notifier.schema_version SET version = %(version)s

-- name: missing_rights
SELECT c.relname, wanted
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS wanted
WHERE n.nspname = 'notifier' AND c.relkind = 'r' AND c.relname <> 'schema_version'
  AND NOT has_table_privilege(c.oid, wanted)
ORDER BY 1, 2

-- name: orphan_claims
UPDATE notifier.deliveries SET state = 'ambiguous', token = '', reason = 'lease_lost'
WHERE state = 'sending' AND starts_with(token, %(owner)s)

-- name: count_waiting
SELECT count(*) FROM notifier.deliveries WHERE waiting

-- What observing writes (T1). Rows come as one JSON array, bytes as an array of their own.

-- name: bounds
SELECT
  set_config('statement_timeout', '10s', true),
  set_config('lock_timeout', '8s', true),
  set_config('idle_in_transaction_session_timeout', '5s', true)

-- name: fence
UPDATE notifier.fence SET epoch = greatest(epoch, %(epoch)s)
RETURNING epoch

-- name: take_turns
SELECT epoch FROM notifier.fence FOR UPDATE

-- name: epoch
SELECT epoch FROM notifier.fence

-- name: put_snapshots
INSERT INTO notifier.snapshots (uid, kind, namespace, name, data)
SELECT uid, kind, namespace, name, data
FROM ROWS FROM (
  json_to_recordset(%(rows)s::json) AS (uid text, kind text, namespace text, name text),
  unnest(%(data)s::bytea[])
) AS given (uid, kind, namespace, name, data)
ORDER BY uid
ON CONFLICT (uid) DO UPDATE SET
  kind = excluded.kind, namespace = excluded.namespace, name = excluded.name,
  data = excluded.data, gone = false, keep_until = NULL

-- name: bury_snapshots
UPDATE notifier.snapshots SET gone = true, keep_until = NULL
WHERE uid = ANY(%(uids)s::text[]) AND NOT gone

-- name: insert_events
INSERT INTO notifier.events (id, namespace, name, uid, observed_at, transition, verdicts)
SELECT id, namespace, name, uid, observed_at, transition, verdicts
FROM ROWS FROM (
  json_to_recordset(%(rows)s::json) AS (
    id text, namespace text, name text, uid text, observed_at float8, transition text,
    verdicts text
  )
) WITH ORDINALITY AS given (id, namespace, name, uid, observed_at, transition, verdicts, rank)
WHERE NOT EXISTS (SELECT FROM notifier.kept_ids AS kept WHERE kept.id = given.id)
ORDER BY rank
ON CONFLICT (id) DO NOTHING
RETURNING id

-- name: verdicts
SELECT id, verdicts FROM notifier.events WHERE id = ANY(%(ids)s::text[])

-- name: amend_events
UPDATE notifier.events AS e SET verdicts = given.verdicts
FROM unnest(%(ids)s::text[], %(verdicts)s::text[]) AS given (id, verdicts)
WHERE e.id = given.id

-- name: insert_deliveries
WITH given AS (
  SELECT *
  FROM ROWS FROM (
    json_to_recordset(%(rows)s::json) AS (
      id text, event_id text, lane text, state text, attempt int, token text, due_at float8,
      created_at float8, expires_at float8, ended_at float8, reason text, reference text,
      shortened boolean, rollout_kind text, namespace text, name text, uid text, trigger text,
      scope text, service text, service_type text, recipient text, template text, kind text
    ),
    unnest(%(payloads)s::bytea[])
  ) WITH ORDINALITY AS given (
    id, event_id, lane, state, attempt, token, due_at, created_at, expires_at, ended_at, reason,
    reference, shortened, rollout_kind, namespace, name, uid, trigger, scope, service,
    service_type, recipient, template, kind, payload, rank
  )
), added AS (
  INSERT INTO notifier.deliveries (
    id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at, ended_at,
    reason, reference, shortened, rollout_kind, namespace, name, uid, trigger, scope, service,
    service_type, recipient, template, kind
  )
  SELECT
    id, event_id, lane, state, attempt, token, 0, due_at, created_at, expires_at, ended_at,
    reason, reference, shortened, rollout_kind, namespace, name, uid, trigger, scope, service,
    service_type, recipient, template, kind
  FROM given
  WHERE NOT EXISTS (SELECT FROM notifier.kept_ids AS kept WHERE kept.id = given.id)
  ORDER BY rank
  ON CONFLICT (id) DO NOTHING
  RETURNING place, id
)
INSERT INTO notifier.payloads (place, data)
SELECT added.place, given.payload FROM added JOIN given ON given.id COLLATE "C" = added.id

-- name: snapshots
SELECT kind, uid, namespace, name, data FROM notifier.snapshots WHERE NOT gone

-- name: snapshot
SELECT kind, uid, namespace, name, data FROM notifier.snapshots
WHERE NOT gone AND uid = %(uid)s

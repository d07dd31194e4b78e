-- What people ask, and T4.

-- name: delivery_rows
SELECT
  d.row, d.id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, "trigger", scope,
  service, service_type, recipient, template, kind, p.data
FROM deliveries AS d JOIN payloads AS p ON p.row = d.row
WHERE d.row IN (SELECT value FROM json_each(?))

-- name: deliveries
SELECT
  d.row, d.id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, "trigger", scope,
  service, service_type, recipient, template, kind, p.data
FROM deliveries AS d CROSS JOIN payloads AS p ON p.row = d.row
WHERE created_at >= :since
  AND (:before_at IS NULL OR (created_at, d.id) < (:before_at, :before_id))
  AND (:service = '' OR service = :service)
  AND (:recipient = '' OR recipient = :recipient)
  AND (:trigger = '' OR "trigger" = :trigger)
  AND (:states = '' OR instr(:states, ' ' || state || ' '))
ORDER BY created_at DESC, d.id DESC
LIMIT :limit

-- name: deliveries_of_rollout
SELECT
  d.row, d.id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, "trigger", scope,
  service, service_type, recipient, template, kind, p.data
FROM deliveries AS d CROSS JOIN payloads AS p ON p.row = d.row
WHERE namespace = :namespace AND name = :name
  AND +created_at >= :since  -- few rows: by rollout, not by time
  AND (:before_at IS NULL OR (created_at, d.id) < (:before_at, :before_id))
  AND (:service = '' OR service = :service)
  AND (:recipient = '' OR recipient = :recipient)
  AND (:trigger = '' OR "trigger" = :trigger)
  AND (:states = '' OR instr(:states, ' ' || state || ' '))
ORDER BY created_at DESC, d.id DESC
LIMIT :limit

-- name: attempts
SELECT number, started_at, latency_s, result, reason, status, ambiguous, detail
FROM attempts WHERE delivery = ? ORDER BY row

-- name: events
SELECT id, "transition", observed_at, verdicts FROM events
WHERE (?1 = '' OR namespace = ?1) AND (?2 = '' OR name = ?2)
ORDER BY row DESC LIMIT ?3

-- name: events_of_rollout
SELECT id, "transition", observed_at, verdicts FROM events
WHERE namespace = ?1 AND name = ?2
ORDER BY row DESC LIMIT ?3

-- name: counts
SELECT state, count(*) FROM deliveries GROUP BY state

-- name: old_deliveries
SELECT row FROM deliveries WHERE ended_at < :before
UNION
SELECT row FROM (
  SELECT row FROM deliveries WHERE ended_at IS NOT NULL ORDER BY created_at, id
  LIMIT max(0, (SELECT count(*) FROM deliveries WHERE ended_at IS NOT NULL) - :keep)
)

-- name: ended_ids
SELECT row, id, uid, ended_at FROM deliveries
WHERE row IN (SELECT value FROM json_each(?)) AND ended_at IS NOT NULL

-- name: delete_deliveries
DELETE FROM deliveries WHERE row IN (SELECT value FROM json_each(?))

-- name: delete_payloads
DELETE FROM payloads WHERE row IN (SELECT value FROM json_each(?))

-- name: delete_attempts
DELETE FROM attempts WHERE delivery IN (SELECT value FROM json_each(?))

-- name: old_events
SELECT row FROM (
  SELECT row, id FROM events WHERE observed_at < :before
  UNION
  SELECT row, id FROM (
    SELECT row, id FROM events ORDER BY row
    LIMIT max(0, (SELECT count(*) FROM events) - :keep)
  )
) WHERE id NOT IN (SELECT event_id FROM deliveries)

-- name: event_ids
SELECT id, uid, observed_at FROM events WHERE row IN (SELECT value FROM json_each(?))

-- name: keep_ids
INSERT INTO kept_ids (id, uid, at) VALUES {values}

-- name: delete_events
DELETE FROM events WHERE row IN (SELECT value FROM json_each(?))

-- name: delete_tombstones
DELETE FROM snapshots WHERE gone = 1 AND keep_until <= ?

-- name: stamp_tombstones
UPDATE snapshots SET keep_until = ? WHERE gone = 1 AND keep_until IS NULL

-- name: delete_kept_ids
DELETE FROM kept_ids
WHERE (at < ?1 AND uid NOT IN (SELECT uid FROM snapshots))
   OR row <= (SELECT max(row) FROM kept_ids) - ?2

-- name: forget_remembered
DELETE FROM remembered WHERE at < ?

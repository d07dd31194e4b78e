-- What people ask, and T4.

-- name: deliveries
SELECT
  d.place, d.id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, trigger, scope,
  service, service_type, recipient, template, kind, p.data
FROM notifier.deliveries AS d JOIN notifier.payloads AS p USING (place)
WHERE created_at >= %(since)s
  AND (%(before_at)s::float8 IS NULL OR (created_at, d.id) < (%(before_at)s, %(before_id)s::text))
  AND (%(rollout)s::text = '' OR namespace || '/' || name = %(rollout)s)
  AND (%(rollout)s::text = '' OR namespace = split_part(%(rollout)s, '/', 1))
  AND (%(service)s::text = '' OR service = %(service)s)
  AND (%(recipient)s::text = '' OR recipient = %(recipient)s)
  AND (%(trigger)s::text = '' OR trigger = %(trigger)s)
  AND (cardinality(%(states)s::text[]) = 0 OR state = ANY(%(states)s::text[]))
ORDER BY created_at DESC, d.id DESC
LIMIT %(limit)s

-- name: delivery
SELECT
  d.place, d.id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, trigger, scope,
  service, service_type, recipient, template, kind, p.data
FROM notifier.deliveries AS d JOIN notifier.payloads AS p USING (place)
WHERE d.id = %(id)s

-- name: attempts
SELECT number, started_at, latency_s, result, reason, status, ambiguous, detail
FROM notifier.attempts WHERE delivery = %(place)s ORDER BY place

-- name: events
SELECT id, transition, observed_at, verdicts FROM notifier.events
WHERE (%(namespace)s::text = '' OR namespace = %(namespace)s)
  AND (%(name)s::text = '' OR name = %(name)s)
ORDER BY place DESC LIMIT %(limit)s

-- name: counts
SELECT state, count(*) FROM notifier.deliveries GROUP BY state

-- name: old_deliveries
SELECT place FROM notifier.deliveries WHERE ended_at < %(before)s
UNION
(
  SELECT place FROM notifier.deliveries WHERE ended_at IS NOT NULL ORDER BY created_at, id
  LIMIT greatest(
    0, (SELECT count(*) FROM notifier.deliveries WHERE ended_at IS NOT NULL) - %(keep)s
  )
)

-- name: collect_deliveries
WITH gone AS (
  DELETE FROM notifier.deliveries WHERE place = ANY(%(places)s::bigint[]) AND ended_at IS NOT NULL
  RETURNING place, id, uid, ended_at
), without_payloads AS (
  DELETE FROM notifier.payloads AS p USING gone WHERE p.place = gone.place
), without_attempts AS (
  DELETE FROM notifier.attempts AS a USING gone WHERE a.delivery = gone.place
)
INSERT INTO notifier.kept_ids (id, uid, at) SELECT id, uid, ended_at FROM gone ORDER BY place

-- name: old_events
SELECT place FROM (
  SELECT place, id FROM notifier.events WHERE observed_at < %(before)s
  UNION
  (
    SELECT place, id FROM notifier.events ORDER BY place
    LIMIT greatest(0, (SELECT count(*) FROM notifier.events) - %(keep)s)
  )
) AS old
WHERE NOT EXISTS (SELECT FROM notifier.deliveries AS d WHERE d.event_id = old.id)

-- name: collect_events
WITH gone AS (
  DELETE FROM notifier.events WHERE place = ANY(%(places)s::bigint[])
  RETURNING place, id, uid, observed_at
)
INSERT INTO notifier.kept_ids (id, uid, at) SELECT id, uid, observed_at FROM gone ORDER BY place

-- name: delete_tombstones
DELETE FROM notifier.snapshots WHERE gone AND keep_until <= %(before)s

-- name: stamp_tombstones
UPDATE notifier.snapshots SET keep_until = %(until)s WHERE gone AND keep_until IS NULL

-- name: delete_kept_ids
DELETE FROM notifier.kept_ids
WHERE (at < %(before)s AND uid NOT IN (SELECT uid FROM notifier.snapshots))
   OR place <= (SELECT max(place) FROM notifier.kept_ids) - %(most)s

-- name: forget_remembered
DELETE FROM notifier.remembered WHERE at < %(before)s

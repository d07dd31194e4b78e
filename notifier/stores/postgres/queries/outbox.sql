-- What dispatching reads and writes (T2, T3), and what operators do to rows.

-- name: claim_lock
SELECT pg_advisory_xact_lock(6813749202)

-- name: hand_back
UPDATE notifier.deliveries SET state = 'pending', attempt = attempt - 1, token = ''
WHERE state = 'sending' AND token = ANY(%(tokens)s::text[])

-- name: lose_claims
UPDATE notifier.deliveries SET state = 'ambiguous', token = '', reason = 'lease_lost'
WHERE state = 'sending' AND until <= %(now)s

-- name: claim
-- Queues (namespace, scope, service) are found by jumping through the index; of each the oldest due
-- heads are looked at, as many as could be taken. Caps are then applied by rank, and namespaces
-- take turns: `turns` says when each was served last.
WITH RECURSIVE queues AS (
  (
    SELECT namespace, scope, service FROM notifier.deliveries WHERE waiting
    ORDER BY namespace, scope, service LIMIT 1
  )
  UNION ALL
  SELECT following.* FROM queues CROSS JOIN LATERAL (
    SELECT d.namespace, d.scope, d.service FROM notifier.deliveries AS d
    WHERE d.waiting
      AND (d.namespace, d.scope, d.service) > (queues.namespace, queues.scope, queues.service)
    ORDER BY d.namespace, d.scope, d.service LIMIT 1
  ) AS following
), flying AS (
  SELECT namespace, scope, service, count(*) AS number
  FROM notifier.deliveries WHERE state = 'sending'
  GROUP BY namespace, scope, service
), heads AS (
  SELECT q.namespace, head.place, head.due_at,
    coalesce(f.number, 0) + row_number() OVER (
      PARTITION BY q.namespace, q.scope, q.service ORDER BY head.due_at, head.place
    ) AS through_service
  FROM queues AS q
  LEFT JOIN flying AS f USING (namespace, scope, service)
  CROSS JOIN LATERAL (
    SELECT d.place, d.due_at FROM notifier.deliveries AS d
    WHERE d.waiting AND d.namespace = q.namespace AND d.scope = q.scope AND d.service = q.service
      AND d.due_at <= %(now)s
      AND NOT EXISTS (
        SELECT FROM notifier.deliveries AS before
        WHERE before.lane = d.lane AND before.ended_at IS NULL AND before.place < d.place
      )
      AND NOT EXISTS (
        SELECT FROM notifier.deliveries AS busy WHERE busy.lane = d.lane AND busy.state = 'sending'
      )
    ORDER BY d.due_at, d.place
    LIMIT least(%(limit)s::int, %(per_service)s::int)
  ) AS head
  WHERE q.scope || '/' || q.service <> ALL(%(blocked)s::text[])
), ranked AS (
  SELECT namespace, place, due_at,
    row_number() OVER (PARTITION BY namespace ORDER BY due_at, place) AS round
  FROM heads
  WHERE %(per_service)s::int IS NULL OR through_service <= %(per_service)s::int
), chosen AS (
  SELECT r.place
  FROM ranked AS r
  LEFT JOIN unnest(%(namespaces)s::text[], %(turns)s::bigint[]) AS turn (namespace, served)
    ON turn.namespace = r.namespace
  LEFT JOIN (SELECT namespace, sum(number) AS number FROM flying GROUP BY namespace) AS f
    ON f.namespace = r.namespace
  WHERE %(per_namespace)s::int IS NULL OR coalesce(f.number, 0) + r.round <= %(per_namespace)s::int
  ORDER BY r.round, turn.served NULLS FIRST, r.due_at, r.place
  LIMIT %(limit)s
), locked AS (
  SELECT place FROM notifier.deliveries
  WHERE waiting AND place IN (SELECT place FROM chosen)
  FOR UPDATE SKIP LOCKED
)
UPDATE notifier.deliveries AS d
SET state = 'sending', attempt = attempt + 1, token = %(token)s, until = %(until)s
FROM locked JOIN notifier.payloads AS p USING (place)
WHERE d.place = locked.place
RETURNING
  d.place, d.id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, trigger, scope,
  service, service_type, recipient, template, kind, p.data

-- name: loads
SELECT namespace, count(*), sum(octet_length(p.data))::bigint
FROM notifier.deliveries AS d JOIN notifier.payloads AS p USING (place)
WHERE d.waiting GROUP BY namespace

-- name: sheddable
SELECT
  d.place, d.id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, trigger, scope,
  service, service_type, recipient, template, kind, octet_length(p.data)
FROM notifier.deliveries AS d JOIN notifier.payloads AS p USING (place)
WHERE d.waiting AND namespace = %(namespace)s
  AND (expires_at <= %(now)s OR (state = 'pending' AND attempt = 0 AND template <> '(digest)'))
ORDER BY
  CASE WHEN expires_at <= %(now)s THEN -1 ELSE CASE kind
    WHEN 'progress' THEN 0 WHEN 'paused' THEN 1 WHEN 'news' THEN 2 WHEN 'failure' THEN 3 ELSE 4
  END END,
  d.place
LIMIT %(limit)s

-- name: settle
UPDATE notifier.deliveries AS d SET
  state = given.state, attempt = given.attempt, token = '', due_at = given.due_at,
  ended_at = given.ended_at, reason = given.reason, reference = given.reference,
  shortened = d.shortened OR given.shortened
FROM json_to_recordset(%(rows)s::json) AS given (
  id text, state text, attempt int, due_at float8, ended_at float8, reason text, reference text,
  shortened boolean, number int, token text
)
WHERE d.id = given.id AND d.state = 'sending' AND d.attempt = given.number
  AND d.token = given.token
RETURNING d.id

-- name: insert_attempts
INSERT INTO notifier.attempts (
  delivery, number, started_at, latency_s, result, reason, status, ambiguous, detail
)
SELECT d.place, number, started_at, latency_s, result, given.reason, status, ambiguous, detail
FROM ROWS FROM (
  json_to_recordset(%(rows)s::json) AS (
    delivery_id text, number int, started_at float8, latency_s float8, result text, reason text,
    status int, ambiguous boolean, detail text
  )
) WITH ORDINALITY AS given (
  delivery_id, number, started_at, latency_s, result, reason, status, ambiguous, detail, rank
)
JOIN notifier.deliveries AS d ON d.id = given.delivery_id
ORDER BY rank

-- name: shorten
UPDATE notifier.payloads AS p SET data = given.data
FROM unnest(%(ids)s::text[], %(payloads)s::bytea[]) AS given (id, data)
JOIN notifier.deliveries AS d ON d.id = given.id
WHERE p.place = d.place

-- name: remember
INSERT INTO notifier.remembered (key, value, at)
SELECT key, value, %(now)s FROM unnest(%(keys)s::text[], %(values)s::text[]) AS given (key, value)
ORDER BY key
ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at

-- name: references
SELECT key, value FROM notifier.remembered WHERE key = ANY(%(keys)s::text[])

-- name: end
UPDATE notifier.deliveries SET state = %(state)s, reason = %(reason)s, ended_at = %(now)s
WHERE id = ANY(%(ids)s::text[]) AND state = ANY(%(sources)s::text[])
RETURNING id

-- name: redeliver
UPDATE notifier.deliveries SET
  state = 'pending', due_at = %(now)s, expires_at = %(expires_at)s, ended_at = NULL, reason = ''
WHERE id = ANY(%(ids)s::text[]) AND ended_at IS NOT NULL
RETURNING id

-- name: rearm
UPDATE notifier.deliveries SET due_at = least(due_at, %(now)s)
WHERE state = 'parked' AND waiting AND scope = %(scope)s AND service = ANY(%(services)s::text[])

-- name: next_due
WITH RECURSIVE queues AS (
  (
    SELECT namespace, scope, service FROM notifier.deliveries WHERE waiting
    ORDER BY namespace, scope, service LIMIT 1
  )
  UNION ALL
  SELECT following.* FROM queues CROSS JOIN LATERAL (
    SELECT d.namespace, d.scope, d.service FROM notifier.deliveries AS d
    WHERE d.waiting
      AND (d.namespace, d.scope, d.service) > (queues.namespace, queues.scope, queues.service)
    ORDER BY d.namespace, d.scope, d.service LIMIT 1
  ) AS following
)
SELECT min(head.due_at), extract(epoch FROM clock_timestamp())::float8
FROM queues AS q CROSS JOIN LATERAL (
  SELECT d.due_at FROM notifier.deliveries AS d
  WHERE d.waiting AND d.namespace = q.namespace AND d.scope = q.scope AND d.service = q.service
    AND NOT EXISTS (
      SELECT FROM notifier.deliveries AS before
      WHERE before.lane = d.lane AND before.ended_at IS NULL AND before.place < d.place
    )
    AND NOT EXISTS (
      SELECT FROM notifier.deliveries AS busy WHERE busy.lane = d.lane AND busy.state = 'sending'
    )
  ORDER BY d.due_at, d.place
  LIMIT 1
) AS head

-- What dispatching reads and writes (T2, T3).

-- name: live
SELECT
  d.row, d.id, lane, namespace, scope || '/' || service, state, due_at, length(p.data), attempt,
  token, until
FROM deliveries AS d CROSS JOIN payloads AS p ON p.row = d.row
WHERE ended_at IS NULL ORDER BY d.row

-- name: sheddable
SELECT
  row, id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at,
  ended_at, reason, reference, shortened, rollout_kind, namespace, name, uid, "trigger", scope,
  service, service_type, recipient, template, kind, x''
FROM deliveries
WHERE row IN (SELECT value FROM json_each(:rows))
  AND (expires_at <= :now OR (state = 'pending' AND attempt = 0 AND template <> '(digest)'))
ORDER BY
  CASE WHEN expires_at <= :now THEN -1 ELSE CASE kind
    WHEN 'progress' THEN 0 WHEN 'paused' THEN 1 WHEN 'news' THEN 2 WHEN 'failure' THEN 3 ELSE 4
  END END,
  row
LIMIT :limit

-- name: last_row
SELECT ifnull(max(row), 0) FROM deliveries

-- name: orphan_claims
UPDATE deliveries SET state = 'ambiguous', token = '', reason = 'lease_lost'
WHERE state = 'sending'

-- name: lose_claims
UPDATE deliveries SET state = 'ambiguous', token = '', reason = 'lease_lost'
WHERE row IN (SELECT value FROM json_each(?)) AND state = 'sending'

-- name: claim
UPDATE deliveries SET state = 'sending', attempt = attempt + 1, token = ?, until = ?
WHERE row IN (SELECT value FROM json_each(?))
  AND state IN ('pending', 'retry', 'ambiguous', 'parked')

-- name: settle
UPDATE deliveries SET
  state = v.column2, attempt = v.column3, token = '', due_at = v.column4, ended_at = v.column5,
  reason = v.column6, reference = v.column7, shortened = shortened OR v.column8
FROM (VALUES {values}) AS v
WHERE row = v.column1 AND state = 'sending' AND attempt = v.column9 AND token = v.column10

-- name: shorten
UPDATE payloads SET data = ? WHERE row = ?

-- name: insert_attempts
INSERT INTO attempts (
  delivery, number, started_at, latency_s, result, reason, status, ambiguous, detail
) VALUES {values}

-- name: remember
INSERT INTO remembered (key, value, at) VALUES {values}
ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at

-- name: references
SELECT key, value FROM remembered WHERE key IN (SELECT value FROM json_each(?))

-- name: rows_of
SELECT id, row FROM deliveries WHERE id IN (SELECT value FROM json_each(?))

-- name: end
UPDATE deliveries SET state = ?, reason = ?, ended_at = ?
WHERE row IN (SELECT value FROM json_each(?))

-- name: redeliver
UPDATE deliveries SET state = 'pending', due_at = ?, expires_at = ?, ended_at = NULL, reason = ''
WHERE row IN (SELECT value FROM json_each(?)) AND ended_at IS NOT NULL

-- name: rearm
UPDATE deliveries SET due_at = min(due_at, ?) WHERE row IN (SELECT value FROM json_each(?))

-- What observing writes (T1). `{values}` stands for as many rows as there are; lists of ids are
-- JSON arrays, so that one statement serves a whole batch.

-- name: known_events
SELECT id FROM events WHERE id IN (SELECT value FROM json_each(?1))
UNION ALL
SELECT id FROM kept_ids WHERE id IN (SELECT value FROM json_each(?1))

-- name: known_deliveries
SELECT id FROM deliveries WHERE id IN (SELECT value FROM json_each(?1))
UNION ALL
SELECT id FROM kept_ids WHERE id IN (SELECT value FROM json_each(?1))

-- name: insert_events
INSERT INTO events (id, namespace, name, uid, observed_at, "transition", verdicts) VALUES {values}

-- name: verdicts
SELECT id, verdicts FROM events WHERE id IN (SELECT value FROM json_each(?))

-- name: amend_event
UPDATE events SET verdicts = ? WHERE id = ?

-- name: insert_deliveries
INSERT INTO deliveries (
  row, id, event_id, lane, state, attempt, token, until, due_at, created_at, expires_at, ended_at,
  reason, reference, shortened, rollout_kind, namespace, name, uid, "trigger", scope, service,
  service_type, recipient, template, kind
) VALUES {values}

-- name: insert_payloads
INSERT INTO payloads (row, data) VALUES {values}

-- name: put_snapshots
INSERT INTO snapshots (uid, kind, namespace, name, data) VALUES {values}
ON CONFLICT (uid) DO UPDATE SET
  kind = excluded.kind, namespace = excluded.namespace, name = excluded.name,
  data = excluded.data, gone = 0, keep_until = NULL

-- name: bury_snapshots
UPDATE snapshots SET gone = 1, keep_until = NULL
WHERE uid IN (SELECT value FROM json_each(?)) AND gone = 0

-- name: snapshots
SELECT kind, uid, namespace, name, data FROM snapshots WHERE gone = 0 ORDER BY row

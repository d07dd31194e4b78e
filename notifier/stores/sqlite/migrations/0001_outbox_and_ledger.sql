-- Rowid tables with UNIQUE indexes on text ids: WITHOUT ROWID measured 2-2.5 times slower
-- (spec/reliability.md 3.2). `row` is the order of insertion. STRICT, so that the check at start
-- sees values of the wrong type too.

CREATE TABLE snapshots (
  row INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0,       -- a tombstone: the object ceased to exist
  keep_until REAL,                       -- a tombstone goes when `collect` gets this far
  data BLOB NOT NULL
) STRICT;

CREATE TABLE events (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  observed_at REAL NOT NULL,
  "transition" BLOB NOT NULL,            -- JSON
  verdicts BLOB NOT NULL                 -- JSON, written once with the event
) STRICT;
CREATE INDEX events_by_rollout ON events (namespace, name);
CREATE INDEX events_by_time ON events (observed_at);

CREATE TABLE deliveries (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  event_id TEXT NOT NULL,
  lane TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN (
    'pending', 'sending', 'retry', 'ambiguous', 'parked', 'delivered', 'dead', 'expired',
    'superseded', 'shed', 'dropped', 'muted', 'shadow'
  )),
  attempt INTEGER NOT NULL,
  token TEXT NOT NULL,
  until REAL NOT NULL,                   -- end of the lease of a claim
  due_at REAL NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  ended_at REAL,
  reason TEXT NOT NULL,
  reference TEXT NOT NULL,
  shortened INTEGER NOT NULL,
  rollout_kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  "trigger" TEXT NOT NULL,
  scope TEXT NOT NULL,
  service TEXT NOT NULL,
  service_type TEXT NOT NULL,
  recipient TEXT NOT NULL,
  template TEXT NOT NULL,
  kind TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_by_time ON deliveries (created_at, id);
CREATE INDEX deliveries_by_rollout ON deliveries (namespace, name);

-- Apart from the row, which changes three times in its life: the bytes are written once.
CREATE TABLE payloads (row INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

CREATE TABLE attempts (
  row INTEGER PRIMARY KEY,
  delivery INTEGER NOT NULL,             -- deliveries.row
  number INTEGER NOT NULL,
  started_at REAL NOT NULL,
  latency_s REAL NOT NULL,
  result TEXT NOT NULL,
  reason TEXT NOT NULL,
  status INTEGER,
  ambiguous INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery);

-- Ids of collected events and deliveries, so that a replay stays a replay (spec/reliability.md 2).
CREATE TABLE kept_ids (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  uid TEXT NOT NULL,
  at REAL NOT NULL
) STRICT;

CREATE TABLE remembered (
  row INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  value TEXT NOT NULL,
  at REAL NOT NULL
) STRICT;

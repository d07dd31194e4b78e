-- A schema of our own, always named: a pooled session has no search path of ours. `place` is the
-- order of insertion. Texts compare byte by byte, as they do in the other stores.

CREATE TABLE notifier.snapshots (
  uid text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL,
  namespace text NOT NULL,
  name text NOT NULL,
  gone boolean NOT NULL DEFAULT false,       -- a tombstone: the object ceased to exist
  keep_until float8,                         -- a tombstone goes when `collect` gets this far
  data bytea NOT NULL
);

CREATE TABLE notifier.events (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text COLLATE "C" NOT NULL,
  observed_at float8 NOT NULL,
  transition text NOT NULL,                  -- JSON as text: `jsonb` refuses \u0000
  verdicts text NOT NULL                     -- JSON, written once with the event
);
CREATE INDEX events_by_rollout ON notifier.events (namespace, name);
CREATE INDEX events_by_time ON notifier.events (observed_at);

CREATE TABLE notifier.deliveries (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  event_id text COLLATE "C" NOT NULL,
  lane text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN (
    'pending', 'sending', 'retry', 'ambiguous', 'parked', 'delivered', 'dead', 'expired',
    'superseded', 'shed', 'dropped', 'muted', 'shadow'
  )),
  waiting boolean NOT NULL GENERATED ALWAYS AS (
    state IN ('pending', 'retry', 'ambiguous', 'parked')
  ) STORED,
  attempt integer NOT NULL,
  token text COLLATE "C" NOT NULL,
  until float8 NOT NULL,                     -- end of the lease of a claim
  due_at float8 NOT NULL,
  created_at float8 NOT NULL,
  expires_at float8 NOT NULL,
  ended_at float8,
  reason text NOT NULL,
  reference text NOT NULL,
  shortened boolean NOT NULL,
  rollout_kind text NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text COLLATE "C" NOT NULL,
  trigger text NOT NULL,
  scope text COLLATE "C" NOT NULL,
  service text COLLATE "C" NOT NULL,
  service_type text NOT NULL,
  recipient text NOT NULL,
  template text NOT NULL,
  kind text NOT NULL
) WITH (
  -- Rows change three times and then rest: leave room, and clean up behind often.
  fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02
);
CREATE INDEX deliveries_by_time ON notifier.deliveries (created_at, id);
CREATE INDEX deliveries_by_rollout ON notifier.deliveries (namespace, name);
CREATE INDEX deliveries_live ON notifier.deliveries (lane, place) WHERE ended_at IS NULL;
CREATE INDEX deliveries_waiting ON notifier.deliveries (namespace, scope, service, due_at, place)
  WHERE waiting;
-- Whatever replicas do at the same time: one row in flight per lane.
CREATE UNIQUE INDEX deliveries_in_flight ON notifier.deliveries (lane) WHERE state = 'sending';

-- Apart from the row, which changes three times in its life: the bytes are written once.
CREATE TABLE notifier.payloads (place bigint PRIMARY KEY, data bytea NOT NULL);

CREATE TABLE notifier.attempts (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delivery bigint NOT NULL,                  -- deliveries.place
  number integer NOT NULL,
  started_at float8 NOT NULL,
  latency_s float8 NOT NULL,
  result text NOT NULL,
  reason text NOT NULL,
  status integer,
  ambiguous boolean NOT NULL,
  detail text NOT NULL
);
CREATE INDEX attempts_by_delivery ON notifier.attempts (delivery);

-- Ids of collected events and deliveries, so that a replay stays a replay (spec/reliability.md 2).
CREATE TABLE notifier.kept_ids (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  uid text COLLATE "C" NOT NULL,
  at float8 NOT NULL
);

CREATE TABLE notifier.remembered (
  key text COLLATE "C" PRIMARY KEY,
  value text NOT NULL,
  at float8 NOT NULL
);

-- The newest leader that has written. Its row is also what makes writers of T1 take turns, so that
-- `place` is the order in which deliveries become visible.
CREATE TABLE notifier.fence (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch bigint NOT NULL
);
INSERT INTO notifier.fence (epoch) VALUES (0);

-- The newest leader that has written: an older one changes nothing (spec/reliability.md 4.3).

CREATE TABLE fence (row INTEGER PRIMARY KEY CHECK (row = 1), epoch INTEGER NOT NULL) STRICT;
INSERT INTO fence (row, epoch) VALUES (1, 0);

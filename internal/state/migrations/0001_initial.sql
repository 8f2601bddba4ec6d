-- Moments are nanoseconds since 1970 in UTC; datetime(x / 1000000000, 'unixepoch')
-- shows them. A moment that is not known is NULL.

CREATE TABLE meta (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  lineage    TEXT    NOT NULL,
  serial     INTEGER NOT NULL,
  hash_key   BLOB    NOT NULL CHECK (length(hash_key) = 32),
  created_at INTEGER NOT NULL,
  created_by TEXT    NOT NULL
) STRICT;

-- The lease of the one writer; no row when it is free. doubted_at is when
-- somebody first saw a heartbeat that lies in the future.
CREATE TABLE lease (
  one        INTEGER PRIMARY KEY CHECK (one = 1),
  id         TEXT    NOT NULL,
  host       TEXT    NOT NULL,
  pid        INTEGER NOT NULL,
  user       TEXT    NOT NULL,
  command    TEXT    NOT NULL,
  since      INTEGER NOT NULL,
  heartbeat  INTEGER NOT NULL,
  doubted_at INTEGER
) STRICT;

CREATE TABLE instances (
  id              INTEGER PRIMARY KEY,
  address         TEXT    NOT NULL UNIQUE,
  data            INTEGER NOT NULL CHECK (data IN (0, 1)),
  type            TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  key             TEXT, -- NULL without for_each
  provider        TEXT    NOT NULL,
  account         TEXT    NOT NULL,
  identity        TEXT    NOT NULL,
  attributes      TEXT, -- JSON, sensitive values left out
  prevent_destroy INTEGER NOT NULL CHECK (prevent_destroy IN (0, 1)),
  on_destroy      TEXT    NOT NULL
) STRICT;

CREATE TABLE versions (
  id             INTEGER PRIMARY KEY,
  instance       INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
  version        TEXT    NOT NULL,
  name           TEXT,
  created_at     INTEGER,
  created_raw    TEXT,
  period         TEXT, -- JSON: name, start, end
  parts          INTEGER NOT NULL,
  parts_tolerant INTEGER NOT NULL CHECK (parts_tolerant IN (0, 1)),
  status         TEXT    NOT NULL,
  manifest       TEXT,
  path           TEXT,
  rendering      TEXT,
  rows           INTEGER NOT NULL,
  fetched_at     INTEGER,
  damaged        INTEGER NOT NULL CHECK (damaged IN (0, 1)),
  request        TEXT,
  UNIQUE (instance, version)
) STRICT;

-- Versions of an export nearly always have the same columns: each list of columns
-- is kept once, as JSON.
CREATE TABLE column_sets (
  id      INTEGER PRIMARY KEY,
  columns TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE artifacts (
  version  INTEGER NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
  path     TEXT    NOT NULL,
  sheet    TEXT,
  size     INTEGER NOT NULL,
  rows     INTEGER NOT NULL,
  sha256   TEXT    NOT NULL,
  mod_time INTEGER,
  columns  INTEGER REFERENCES column_sets (id), -- NULL for documents
  PRIMARY KEY (version, path)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifacts_columns ON artifacts (columns);

CREATE TRIGGER column_sets_unused AFTER DELETE ON artifacts WHEN OLD.columns IS NOT NULL BEGIN
  DELETE FROM column_sets WHERE id = OLD.columns
    AND NOT EXISTS (SELECT 1 FROM artifacts WHERE columns = OLD.columns);
END;

-- Calls that must not be made twice, written before they are made. An open intent
-- has no closed_at: what became of the call is not known.
CREATE TABLE intents (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  instance    INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
  account     TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  started_at  INTEGER,
  period      TEXT,
  fingerprint TEXT    NOT NULL,
  after       TEXT    NOT NULL,
  closed_at   INTEGER,
  outcome     TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX intents_instance ON intents (instance);
CREATE INDEX intents_open ON intents (instance) WHERE closed_at IS NULL;

-- Generations that the service has given an id.
CREATE TABLE requests (
  id          INTEGER PRIMARY KEY,
  instance    INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
  request     TEXT    NOT NULL,
  account     TEXT    NOT NULL,
  started_at  INTEGER,
  period      TEXT,
  fingerprint TEXT    NOT NULL,
  version     TEXT, -- JSON, once the service has named the version
  closed_at   INTEGER,
  outcome     TEXT    NOT NULL DEFAULT '',
  UNIQUE (instance, request)
) STRICT;

CREATE INDEX requests_open ON requests (instance) WHERE closed_at IS NULL;

-- The clocks of the accounts' limits.
CREATE TABLE limits (
  account    TEXT NOT NULL,
  name       TEXT NOT NULL,
  last_start INTEGER,
  not_before INTEGER,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE quotas (
  account TEXT    NOT NULL,
  day     TEXT    NOT NULL,
  used    INTEGER NOT NULL,
  PRIMARY KEY (account, day)
) STRICT, WITHOUT ROWID;

-- value is NULL for sensitive outputs, which leave only a keyed hash.
CREATE TABLE outputs (
  name      TEXT    PRIMARY KEY,
  value     TEXT,
  type      TEXT,
  sensitive INTEGER NOT NULL CHECK (sensitive IN (0, 1)),
  hash      TEXT    NOT NULL,
  CHECK (sensitive = 0 OR value IS NULL)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  command    TEXT    NOT NULL,
  user       TEXT    NOT NULL,
  host       TEXT    NOT NULL,
  version    TEXT    NOT NULL,
  started_at INTEGER,
  ended_at   INTEGER, -- NULL while it runs, and for ever if it was killed
  outcome    TEXT    NOT NULL DEFAULT '',
  summary    TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE run_items (
  id        INTEGER PRIMARY KEY,
  run       INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  address   TEXT    NOT NULL,
  change    TEXT    NOT NULL,
  steps     TEXT, -- JSON
  result    TEXT    NOT NULL,
  error     TEXT    NOT NULL,
  requests  INTEGER NOT NULL,
  bytes     INTEGER NOT NULL,
  waited_ms INTEGER NOT NULL,
  took_ms   INTEGER NOT NULL
) STRICT;

CREATE INDEX run_items_run ON run_items (run);

CREATE TABLE applied_plans (
  plan       TEXT PRIMARY KEY,
  applied_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The long-term store of Nearside. Every statement can be run again.

-- One number for each write of a key, taken while its row is locked: later writes have higher ones.
CREATE SEQUENCE IF NOT EXISTS nearside.version AS bigint CACHE 1;

CREATE TABLE IF NOT EXISTS nearside.entry (
  key bytea CONSTRAINT entry_pkey PRIMARY KEY
    -- An index row has to fit into a third of a page.
    CONSTRAINT entry_key_length CHECK (octet_length(key) <= 2048),
  value bytea NOT NULL,
  -- How value is to be read. 0: as it is; 1: four bytes of length, big endian, and an LZ4 block.
  encoding smallint NOT NULL DEFAULT 0,
  expires_at timestamptz CONSTRAINT entry_expires_at_finite CHECK (isfinite(expires_at)),
  version bigint NOT NULL
);

-- By this the expired rows are found.
CREATE INDEX IF NOT EXISTS entry_expires_at
  ON nearside.entry (expires_at) WHERE expires_at IS NOT NULL;

COMMENT ON TABLE nearside.entry IS 'The long-term store of Nearside, layout 1';

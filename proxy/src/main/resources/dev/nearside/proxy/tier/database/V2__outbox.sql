-- Writes behind: how far each namespace's outbox was drained. Every statement can be run again.

CREATE TABLE IF NOT EXISTS nearside.outbox (
  -- The namespace.
  name text CONSTRAINT outbox_pkey PRIMARY KEY,
  -- Tells this database from every other: an outbox in Redis is drained to one of them.
  home text NOT NULL DEFAULT md5(random()::text || clock_timestamp()::text),
  -- Raised by who takes the drain over: transactions of who had it before are refused from then on.
  epoch bigint NOT NULL DEFAULT 0,
  -- The last batch, committed together with what is in it.
  batch bytea
);

COMMENT ON TABLE nearside.entry IS 'The long-term store of Nearside, layout 2';

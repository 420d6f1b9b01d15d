-- What the demonstration finds in its database; docker/nearside.yaml says which keys read it.

CREATE TABLE account (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  plan text NOT NULL
);
INSERT INTO account (id, name, email, plan) VALUES
  (1, 'Ada Marten', 'ada@example.org', 'team'),
  (2, 'Ben Okafor', 'ben@example.org', 'free'),
  (3, 'Chiara Lindt', 'chiara@example.org', 'enterprise');

CREATE TABLE rule (
  name text PRIMARY KEY,
  definition text NOT NULL
);
INSERT INTO rule (name, definition) VALUES
  ('refund-limit', '{"max": 250, "currency": "EUR"}'),
  ('login-attempts', '{"max": 5, "per": "15m"}');

CREATE TABLE session (
  token text PRIMARY KEY,
  content text NOT NULL,
  expires_at timestamptz NOT NULL
);
INSERT INTO session (token, content, expires_at) VALUES
  ('4f2a', '{"account": 1, "cart": ["tea"]}', now() + interval '1 day'),
  ('9c11', '{"account": 2, "cart": []}', now() + interval '1 day');

CREATE TABLE analytics (
  metric text NOT NULL,
  day date NOT NULL,
  result text NOT NULL,
  PRIMARY KEY (metric, day)
);
INSERT INTO analytics (metric, day, result) VALUES
  ('visits', '2026-01-01', '18234'),
  ('visits', '2026-01-02', '19871');

CREATE TABLE prompt (
  id bigint PRIMARY KEY,
  body text NOT NULL
);
INSERT INTO prompt (id, body) VALUES
  (1, 'Summarise the ticket below in two sentences.'),
  (2, 'Translate the text below into plain English.');

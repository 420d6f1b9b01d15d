-- The demo's tables: who uses a small assistant product, what it says, what it may do.

CREATE TABLE account (
  id    bigint PRIMARY KEY,
  name  text NOT NULL,
  email text NOT NULL,
  plan  text NOT NULL
);

INSERT INTO account
SELECT n,
       first || ' ' || last,
       lower(first) || '.' || lower(last) || n || '@example.com',
       (ARRAY['free', 'free', 'team', 'business'])[1 + n % 4]
FROM (
  SELECT n,
         (ARRAY['Ada', 'Ben', 'Chidi', 'Dana', 'Emre', 'Fatima', 'Greta', 'Hiro', 'Ines', 'Jonas'])[1 + n % 10] AS first,
         (ARRAY['Abbott', 'Brandt', 'Costa', 'Dubois', 'Eriksen', 'Fuchs', 'Garcia'])[1 + n % 7] AS last
  FROM generate_series(1, 500) AS n
) AS people;

CREATE TABLE prompt (
  id      bigint PRIMARY KEY,
  title   text NOT NULL,
  body    text NOT NULL,
  version integer NOT NULL DEFAULT 1
);

INSERT INTO prompt (id, title, body)
SELECT n,
       task || ' for ' || reader,
       'You ' || what || ' for ' || reader || '. Answer in at most ' || 40 * (1 + n % 5)
         || ' words, say when you are not sure, and never invent a source.'
FROM (
  SELECT n,
         (ARRAY['Summary', 'Translation', 'Review', 'Draft', 'Triage'])[1 + n % 5] AS task,
         (ARRAY['summarise long documents', 'translate between German and English',
                'review pull requests', 'draft polite replies', 'sort incoming tickets'])[1 + n % 5] AS what,
         (ARRAY['engineers', 'customers', 'lawyers', 'students', 'the sales team', 'new colleagues'])[1 + n % 6] AS reader
  FROM generate_series(1, 200) AS n
) AS prompts;

CREATE TABLE rule (
  name       text PRIMARY KEY,
  definition text NOT NULL
);

INSERT INTO rule VALUES
  ('rate-limit-free',  '{"plan":"free","requests":20,"per":"1m"}'),
  ('rate-limit-team',  '{"plan":"team","requests":200,"per":"1m"}'),
  ('rate-limit-business', '{"plan":"business","requests":2000,"per":"1m"}'),
  ('max-turns',        '{"turns":50,"then":"summarise"}'),
  ('personal-data',    '{"fields":["email","phone"],"action":"mask"}'),
  ('attachment-size',  '{"mebibytes":25,"action":"refuse"}'),
  ('idle-session',     '{"minutes":30,"action":"end"}'),
  ('language',         '{"allowed":["de","en","fr"],"fallback":"en"}');

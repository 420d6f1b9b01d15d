package dev.nearside.benchmarks.demo;

/**
 * What to try once everything runs.
 *
 * @param port the sidecar's
 * @param httpPort its metrics'
 * @param redisPort the Redis behind it
 * @param postgresPort the PostgreSQL behind that
 */
record Invitation(int port, int httpPort, int redisPort, int postgresPort) {
  String text() {
    return """

    Nearside is ready on 127.0.0.1:%1$d, in front of Redis (port %3$d) and PostgreSQL (port %4$d).
    Ctrl-C stops all of it.

    1. A prompt that only PostgreSQL has, asked for with a Redis client:
         redis-cli -p %1$d GET prompt:7
    2. The same again comes from memory, without a request to Redis:
         redis-cli -p %1$d GET prompt:7
    3. A write elsewhere, straight at Redis; here the value is fresh:
         redis-cli -p %3$d SET prompt:7 'changed behind the sidecar'
         redis-cli -p %1$d GET prompt:7
    4. A query that the configuration names, cached by its arguments, as JSON:
         redis-cli -p %1$d NEARSIDE.QUERY users-on-plan team 30
    5. A row edited in SQL, past Redis and the sidecar; it is fresh here, too:
         psql -h 127.0.0.1 -p %4$d -U postgres -c "UPDATE prompt SET body = 'edited in SQL' WHERE id = 8"
         redis-cli -p %1$d GET prompt:8
    6. Who answered, by tier and family of keys:
         curl -s http://127.0.0.1:%2$d/metrics | grep nearside_hits_total

    More keys: user:1..500, prompt:1..200, rule:max-turns, session:0001..0040,
    analytics:requests:00..23. Every other command works too: try INCR, LPUSH, MULTI.
    Without redis-cli:
         printf 'GET prompt:7\\r\\nQUIT\\r\\n' | nc 127.0.0.1 %1$d
    or, in bash:
         (printf 'GET prompt:7\\r\\nQUIT\\r\\n' >&3; cat <&3) 3<>/dev/tcp/127.0.0.1/%1$d
    """
        .formatted(port, httpPort, redisPort, postgresPort);
  }
}

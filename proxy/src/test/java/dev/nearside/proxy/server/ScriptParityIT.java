package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Twins.Told;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts and functions, with the flows that clients build on them. */
class ScriptParityIT {
  private static final String LIBRARY =
      """
      #!lua name=lib
      redis.register_function('put', function(k, a) return redis.call('SET', k[1], a[1]) end)
      redis.register_function('putk', function(k, a) return redis.call('SET', 'k', a[1]) end)
      redis.register_function{
        function_name='read', flags={'no-writes'},
        callback=function(k, a) return redis.call('GET', k[1]) end}
      redis.register_function('types', function() redis.setresp(3)
        return {map={a=1}} end)
      redis.register_function('fails', function() return redis.error_reply('MINE gone') end)
      redis.register_function('spin', function() while true do end end)
      """;

  @RegisterExtension
  private static final SharedTwins twins = new SharedTwins("--lua-time-limit", "20");

  @BeforeEach
  void warm() throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("SCRIPT", "FLUSH");
      pair.call("SET", "k", "1");
      for (int i = 0; i < 3; i++) {
        pair.call("GET", "k");
      }
    }
  }

  private static String sha(Pair pair, String script) throws IOException {
    String reply = pair.call("SCRIPT", "LOAD", script);
    return reply.split("\r\n", -1)[1];
  }

  @Test
  void evalsha_unknown_thenEvaluated_isKnownToEverybody() throws IOException {
    String script = "return redis.call('INCR', KEYS[1])";
    try (Pair pair = twins.connect();
        Pair other = twins.connect()) {
      String sha = sha(pair, script);
      pair.call("SCRIPT", "FLUSH");
      assertThat(pair.call("EVALSHA", sha, "1", "k")).startsWith("-NOSCRIPT");
      other.call("EVALSHA_RO", sha, "1", "k");
      assertThat(pair.call("EVAL", script, "1", "k")).isEqualTo(":2\r\n");
      assertThat(other.call("EVALSHA", sha, "1", "k")).isEqualTo(":3\r\n");
      assertThat(pair.call("GET", "k")).contains("3");
      pair.call("SCRIPT", "EXISTS", sha, "none");
      other.call("SCRIPT", "FLUSH", "ASYNC");
      pair.call("EVALSHA", sha, "1", "k");
      pair.send("SCRIPT", "LOAD", script).send("EVALSHA", sha, "1", "k").send("GET", "k");
      pair.replies(3);
      pair.send("MULTI").send("EVALSHA", sha, "1", "k").send("EVALSHA", "none", "0").send("EXEC");
      pair.replies(4);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return redis.call('INCR', 'none', 'x')",
        "return redis.pcall('NOPE')",
        "return redis.call('LPUSH', KEYS[1], 1)",
        "local ok = redis.pcall('LPUSH', KEYS[1], 1); return ok['err']",
        "error('mine')",
        "error({err='TABLE of mine'})",
        "return {err='MINE gone'}",
        "return {ok='FINE'}",
        "return nil",
        "return true",
        "return false",
        "return 3.99",
        "return {1, 2, nil, 4}",
        "return {1, {2, {3, 'x'}}, 'y', false, true}",
        "return redis.status_reply('OK')",
        "return cjson.encode({1, 2})",
        "redis.setresp(3); return redis.call('HGETALL', 'h')",
        "redis.setresp(3); return {map={f='v'}}",
        "redis.setresp(3); return {set={f=true}}",
        "redis.setresp(3); return {double=1.5}",
        "redis.setresp(3); return {big_number='12345678901234567890'}",
        "redis.setresp(3); return {verbatim_string={format='txt', string='x'}}",
        "redis.setresp(3); return redis.call('ZSCORE', 'z', 'a')",
        "redis.setresp(3); return redis.call('GET', 'none')",
        "redis.setresp(2); return redis.call('HGETALL', 'h')",
        "redis.setresp(4)",
        "x = 1",
        "return unknown",
        "return redis.call('BLPOP', 'q', 0)",
        "return redis.call('SUBSCRIBE', 'a')",
        "return redis.call('SELECT', 1)",
        "redis.call('SELECT', 1); return redis.call('SET', 'k', 'in 1')",
        "return redis.call('GET', KEYS[1])",
        "redis.call('DEL', KEYS[1]); return redis.call('GET', KEYS[1])",
        "redis.call('PUBLISH', 'a', 'b'); return redis.call('EXISTS', KEYS[1])",
        "return redis.sha1hex('x')",
        "return string.rep('x', 200000)"
      })
  void eval_ofEveryKind_isAnsweredAsByRedis(String script) throws IOException {
    for (int protocol : new int[] {2, 3}) {
      warm();
      try (Pair pair = twins.connect(protocol)) {
        pair.send("HSET", "h", "f", "v").send("ZADD", "z", "1.5", "a").replies(2);
        pair.call("EVAL", script, "1", "k");
        pair.call("GET", "k");
        pair.call("EVALSHA", sha(pair, script), "1", "k");
        pair.call("EVAL_RO", script, "1", "k");
        pair.call("GET", "k");
        pair.send("MULTI").send("EVAL", script, "1", "k").send("EXEC").replies(3);
        pair.call("GET", "k");
      }
    }
  }

  @Test
  void functions_calledByAnyKeyTheyLike_areSeenByReaders() throws IOException {
    try (Pair pair = twins.connect(3);
        Pair reader = twins.connect()) {
      pair.call("FUNCTION", "LOAD", LIBRARY);
      pair.call("FUNCTION", "LOAD", LIBRARY);
      pair.call("FUNCTION", "LOAD", "REPLACE", LIBRARY);
      for (int i = 0; i < 20; i++) {
        reader.send("GET", "k").send("GET", "k").replies(2);
        pair.call("FCALL", i % 2 == 0 ? "put" : "putk", "1", i % 2 == 0 ? "k" : "other", "v" + i);
        reader.call("GET", "k");
        pair.call("FCALL_RO", "read", "1", "k");
        pair.call("FCALL_RO", "put", "1", "k", "x");
      }
      pair.call("FCALL", "types", "0");
      pair.call("FCALL", "fails", "0");
      pair.call("FCALL", "none", "0");
      pair.send("FUNCTION", "LIST", "LIBRARYNAME", "lib").reply(Masks::sorted);
      pair.call("FUNCTION", "STATS");
      pair.call("FUNCTION", "DELETE", "lib");
      pair.call("FCALL", "put", "1", "k", "x");
    }
  }

  private static void awaitBusy(Pair elsewhere) {
    Waiting.until(
        "both are busy",
        () -> {
          Told told = elsewhere.ask("PING");
          return told.direct().startsWith("BUSY") && told.through().startsWith("BUSY");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVAL", "EVAL in MULTI", "FCALL"})
  void running_isKilled_byWhomeverMayDoThat(String how) throws IOException {
    boolean function = how.equals("FCALL");
    assumeThat(!function || twins.knows("FCALL")).isTrue();
    try (Pair pair = twins.connect();
        Pair killer = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      if (function) {
        pair.call("FUNCTION", "LOAD", LIBRARY);
      }
      killer.call("SCRIPT", "KILL");
      if (how.endsWith("MULTI")) {
        pair.call("MULTI");
        pair.call("EVAL", "while true do end", "0");
        pair.send("EXEC");
      } else if (function) {
        pair.send("FCALL", "spin", "0");
      } else {
        pair.send("EVAL", "while true do end", "0");
      }
      awaitBusy(elsewhere);
      killer.call("GET", "never read");
      killer.call("SCRIPT", "KILL", "x");
      killer.call(function ? "SCRIPT" : "FUNCTION", "KILL");
      killer.call(function ? "FUNCTION" : "SCRIPT", "KILL");
      pair.reply();
      pair.call("PING");
      pair.call("GET", "k");
    }
  }

  /** No connection made now can select their database: Redis refuses that like all else. */
  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void running_isKilled_fromADatabaseNobodyHasUsed(String protocol) throws IOException {
    try (Pair pair = twins.connect();
        Pair killer = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      killer.send("HELLO", protocol).reply(Masks::hello);
      killer.call("SELECT", protocol);
      pair.send("EVAL", "while true do end", "0");
      awaitBusy(elsewhere);
      for (int i = 0; i < 5; i++) {
        assertThat(killer.call("STRLEN", "k")).startsWith("-BUSY");
        assertThat(killer.call("GET", "k")).startsWith("-BUSY");
        assertThat(killer.call("SET", "k", "1")).startsWith("-BUSY");
        assertThat(killer.call("CLIENT", "LIST")).startsWith("-BUSY");
      }
      assertThat(killer.call("SCRIPT", "KILL")).isEqualTo("+OK\r\n");
      assertThat(pair.reply()).startsWith("-");
      killer.call("SET", "k", "1");
      killer.call("STRLEN", "k");
      pair.call("STRLEN", "k");
    }
  }

  @Test
  void script_thatHasWritten_cannotBeKilled() throws IOException {
    String slow =
        "redis.call('SET', 'k', 'half'); local t = redis.call('TIME')[1] + 1;"
            + " while redis.call('TIME')[1] + 0 <= t do end; return 'done'";
    try (Pair pair = twins.connect();
        Pair killer = twins.connect();
        Pair elsewhere = twins.connectElsewhere()) {
      killer.call("SCRIPT", "KILL");
      pair.send("EVAL", slow, "0");
      awaitBusy(elsewhere);
      assertThat(killer.call("SCRIPT", "KILL")).startsWith("-UNKILLABLE");
      assertThat(pair.reply()).contains("done");
      assertThat(killer.call("GET", "k")).contains("half");
    }
  }
}

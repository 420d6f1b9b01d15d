package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of command, one request a line: each script runs twice (L1 is warm then) one by one,
 * and a third time in one pipeline, in both protocols.
 */
class CommandParityIT {
  private static final String STRINGS =
      """
      SET s 1
      GET s
      GET s
      GET none
      GET none
      APPEND s abc
      GET s
      STRLEN s
      GETRANGE s 0 1
      SETRANGE s 1 zz
      GET s
      INCR n
      GET n
      INCRBY n 41
      DECR n
      INCRBYFLOAT f 1.5
      GET f
      MSET a 1 b 2 c 3
      GET a
      MGET a b c none
      MGET a b c none
      SET a 9 GET
      GET a
      SET a 8 NX
      SET a 8 XX EX 100
      GETDEL a
      GET a
      GETEX b PERSIST
      GET b
      SETNX d 1
      GETSET d 2
      GET d
      MSETNX e 1 d 1
      GET e
      SET "" ""
      GET ""
      SET sp "a b  c"
      GET sp
      LCS s f
      COPY s s2 REPLACE
      GET s2
      RENAME s2 s3
      GET s2
      GET s3
      EXISTS s s3 none
      TYPE s
      DEL s3 e
      GET s3
      UNLINK d
      GET d
      TOUCH s
      OBJECT ENCODING n
      DUMP n
      EXPIRE n 100
      PERSIST n
      TTL n
      TTL none
      """;
  private static final String COLLECTIONS =
      """
      HSET h f 1 g 2
      HGET h f
      HGETALL h
      HMGET h f none
      HINCRBY h f 5
      HINCRBYFLOAT h f 0.5
      HKEYS h
      HVALS h
      HLEN h
      HEXISTS h g
      HSTRLEN h g
      HDEL h f
      HGETALL h
      HGETALL none
      HRANDFIELD h
      GET h
      GET h
      MGET h none
      RPUSH l a b c d
      LRANGE l 0 -1
      LPOP l
      LPOP l 2
      RPOP none
      RPOP none 2
      LINSERT l BEFORE d x
      LINDEX l 0
      LLEN l
      LPOS l d
      LSET l 0 y
      LREM l 0 y
      LTRIM l 0 0
      LMOVE l l2 LEFT RIGHT
      RPOPLPUSH l2 l
      LMPOP 2 l l2 LEFT COUNT 2
      SADD t 1 2 3
      SADD u 2 3 4
      SMEMBERS t
      SINTER t u
      SUNION t u
      SDIFF t u
      SINTERCARD 2 t u
      SISMEMBER t 1
      SMISMEMBER t 1 9
      SMOVE t u 1
      SUNIONSTORE v t u
      SCARD v
      SREM v 1
      SSCAN v 0
      ZADD z 1 a 2.5 b inf c
      ZADD z GT CH 3 a
      ZRANGE z 0 -1 WITHSCORES
      ZRANGEBYSCORE z -inf +inf WITHSCORES LIMIT 0 2
      ZSCORE z a
      ZMSCORE z a none
      ZRANK z a
      ZINCRBY z 1 a
      ZCOUNT z 0 10
      ZADD y 1 a 7 q
      ZUNION 2 z y WITHSCORES
      ZINTER 2 z y WITHSCORES
      ZDIFF 2 z y
      ZUNIONSTORE x 2 z y
      ZRANGE x 0 -1
      ZMPOP 1 x MIN
      ZPOPMIN z
      ZPOPMAX z 2
      ZLEXCOUNT y - +
      ZREM y a
      """;
  private static final String OTHERS =
      """
      XADD st 1-1 f v
      XADD st 1-1 f v
      XADD st 2-1 f w g x
      XLEN st
      XRANGE st - +
      XREVRANGE st + - COUNT 1
      XREAD COUNT 1 STREAMS st 0
      XGROUP CREATE st grp 0
      XREADGROUP GROUP grp me COUNT 1 STREAMS st >
      XACK st grp 1-1
      XPENDING st grp
      XDEL st 1-1
      XTRIM st MAXLEN 0
      XINFO STREAM none
      XREAD STREAMS none 0
      DEL st
      SETBIT bits 7 1
      GET bits
      GETBIT bits 7
      BITCOUNT bits
      BITPOS bits 1
      BITOP NOT stib bits
      GET stib
      BITFIELD bits INCRBY u8 0 1 GET u4 0
      BITFIELD_RO bits GET u4 0
      PFADD hll a b c
      PFCOUNT hll
      PFADD hll2 d
      PFMERGE hll hll2
      PFCOUNT hll hll2
      GET hll2
      GEOADD geo 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
      GEODIST geo Palermo Catania km
      GEOPOS geo Palermo none
      GEOHASH geo Palermo
      GEOSEARCH geo FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD WITHDIST
      GEORADIUS geo 15 37 200 km STORE found
      ZCARD found
      RPUSH nums 3 1 2
      SORT nums
      SORT nums BY w_* GET # GET w_*
      SORT nums DESC STORE sorted
      LRANGE sorted 0 -1
      SELECT 3
      SET only here
      GET only
      SELECT 0
      GET only
      MOVE nums 3
      EXISTS nums
      SELECT 3
      DEL nums only
      SELECT 0
      DBSIZE
      ECHO hello
      PING
      PING hello
      WAIT 0 0
      """;
  private static final String SCRIPTS =
      """
      SET k 1
      GET k
      EVAL "return redis.call('SET', 'k', '2')" 0
      GET k
      EVAL "return {1, 'two', {3, false}, redis.call('GET', KEYS[1])}" 1 k
      EVAL "redis.call('INCR', KEYS[1]); return redis.call('GET', KEYS[1])" 1 k
      GET k
      EVAL "return redis.error_reply('MY error')" 0
      EVAL "return redis.status_reply('FINE')" 0
      EVAL "return nope(" 0
      EVAL "return redis.call('NOPE')" 0
      EVAL "redis.setresp(3); return redis.call('HGETALL', 'none')" 0
      EVAL "return 1" -1
      EVAL "return 1" x
      EVAL "return 1"
      EVAL_RO "return redis.call('GET', KEYS[1])" 1 k
      EVAL_RO "return redis.call('SET', KEYS[1], 1)" 1 k
      EVALSHA ffffffffffffffffffffffffffffffffffffffff 0
      SCRIPT LOAD "return redis.call('GET', 'k')"
      SCRIPT EXISTS ffffffffffffffffffffffffffffffffffffffff
      FUNCTION LOAD REPLACE "#!lua name=lib\\nredis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)"
      FCALL put 1 k 77
      GET k
      FCALL_RO put 1 k 78
      FCALL none 0
      FUNCTION LIST
      FUNCTION DELETE lib
      FCALL put 1 k 77
      """;
  private static final String ERRORS =
      """
      GET
      GET a b
      SET
      SET a
      SET a b c
      SET a b EX
      SET a b EX 0
      SET a b EX abc
      MGET
      MSET a
      MSET
      DEL
      INCR
      HSET h
      HSET h f
      LPUSH l
      EXPIRE a
      EXPIRE a b
      NOPE
      NOPE a b
      NOPE "a\\nb"
      "no pe" a
      ""
      get none
      gEt none
      CLIENT
      CLIENT NOPE
      CLIENT SETNAME "a b"
      CLIENT SETNAME
      CLIENT SETNAME good
      CLIENT GETNAME
      CLIENT SETNAME ""
      CLIENT GETNAME
      CLIENT SETINFO LIB-NAME x
      CLIENT NO-EVICT on
      CONFIG GET maxmemory
      CONFIG NOPE
      CONFIG GET
      HELLO 1
      HELLO 4
      HELLO x
      HELLO 3 NOPE
      HELLO 2 AUTH a
      HELLO 2 AUTH a b
      HELLO 2 SETNAME "a b"
      AUTH
      AUTH x
      AUTH x y
      AUTH x y z
      SELECT
      SELECT x
      SELECT 01
      SELECT -1
      SELECT 16
      SELECT 99999
      SELECT 0 0
      EXEC
      DISCARD
      UNWATCH
      WATCH
      MULTI x
      SUBSCRIBE
      PUBLISH a
      OBJECT
      OBJECT HELP
      XADD
      EVAL
      COMMAND COUNT
      COMMAND INFO get none
      COMMAND GETKEYS SET a b
      COMMAND DOCS none
      DEBUG NOPE
      SETRANGE a -1 b
      LPUSH str x
      SET str x
      LPUSH str x
      INCR str
      GET str
      """;
  private static final String TRANSACTIONS =
      """
      SET k 1
      GET k
      MULTI
      GET k
      SET k 2
      GET k
      EXEC
      GET k
      MULTI
      MULTI
      WATCH k
      SET k 3
      EXEC
      GET k
      MULTI
      NOPE
      SET k 4
      EXEC
      GET k
      MULTI
      GET
      EXEC x
      EXEC
      MULTI
      SET k 5
      LPUSH k 1
      INCR k
      EXEC
      GET k
      MULTI
      SET k 6
      DISCARD
      GET k
      DISCARD
      EXEC
      WATCH k
      GET k
      SET k 7
      MULTI
      SET k 8
      EXEC
      GET k
      WATCH k
      UNWATCH
      MULTI
      EXEC
      WATCH k
      MULTI
      SET k 9
      EXEC
      GET k
      MULTI
      EVAL "return redis.call('SET', 'k', '10')" 0
      SELECT 1
      SET k other
      EXEC
      GET k
      SELECT 0
      GET k
      MULTI
      FLUSHALL
      EXEC
      GET k
      MULTI
      PING
      HELLO
      EXEC
      """;

  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  static Stream<String> scripts() {
    return Stream.of(STRINGS, COLLECTIONS, OTHERS, SCRIPTS, ERRORS, TRANSACTIONS);
  }

  @ParameterizedTest(name = "script {index}")
  @MethodSource("scripts")
  void resp2_everyReply_isThatOfRedis(String script) throws IOException {
    try (Pair pair = twins.connect()) {
      run(pair, script);
    }
  }

  @ParameterizedTest(name = "script {index}")
  @MethodSource("scripts")
  void resp3_everyReply_isThatOfRedis(String script) throws IOException {
    try (Pair pair = twins.connect()) {
      pair.send("HELLO", "3").reply(CommandParityIT::withoutId);
      run(pair, script);
    }
  }

  @ParameterizedTest(name = "script {index}")
  @MethodSource("scripts")
  void pinned_everyReply_isThatOfRedis(String script) throws IOException {
    try (Pair pair = twins.connect()) {
      pair.call("MULTI");
      pair.call("DISCARD");
      run(pair, script);
    }
  }

  private static void run(Pair pair, String script) throws IOException {
    List<String[]> requests = script.lines().map(Samples::words).toList();
    assertThat(requests).hasSizeGreaterThan(20);
    for (int round = 0; round < 2; round++) {
      for (String[] request : requests) {
        pair.send(request).reply(CommandParityIT::withoutId);
      }
    }
    for (String[] request : requests) {
      pair.send(request);
    }
    for (int i = 0; i < requests.size(); i++) {
      pair.reply(CommandParityIT::withoutId);
    }
  }

  /** HELLO tells the connection's number, which is nobody's business. */
  private static String withoutId(String reply) {
    return reply.replaceAll("\\$2\r\nid\r\n:\\d+\r\n", "\\$2\r\nid\r\n:#\r\n");
  }
}

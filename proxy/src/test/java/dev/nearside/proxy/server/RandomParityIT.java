package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random sequences of a hundred kinds of commands over few keys, half of them pipelined. */
class RandomParityIT {
  private static final int REQUESTS = 4_000;
  private static final int KEYS = 6;
  private static final List<String> TEMPLATES =
      """
      GET K;GET K;GET K;GET K;GET K;GET K;GET K;GET K;MGET K K;MGET K K K;SET K V;SET K V;SET K N
      SET K V NX;SET K V XX GET;SET K V EX 100;SET K V KEEPTTL;SETNX K V;GETSET K V;GETDEL K
      GETEX K EX 100;APPEND K V;STRLEN K;INCR K;DECR K;INCRBY K N;INCRBYFLOAT K 0.5;GETRANGE K 0 2
      SETRANGE K N V;MSET K V K V;MSETNX K V K V;DEL K;DEL K K;UNLINK K;EXISTS K K;TYPE K;RENAME K K
      RENAMENX K K;COPY K K;PERSIST K;EXPIRE K 100;EXPIRE K -1;TTL none;TOUCH K;DUMP K;OBJECT ENCODING K
      SETBIT K N 1;GETBIT K N;BITCOUNT K;BITOP AND K K K;BITFIELD K INCRBY u8 0 1;PFADD K V;PFCOUNT K
      PFMERGE K K;HSET K V V;HGET K V;HDEL K V;HLEN K;HEXISTS K V;HINCRBY K V N;LPUSH K V;RPUSH K V V
      LPOP K;RPOP K;LLEN K;LRANGE K 0 -1;LINDEX K 0;LSET K 0 V;LREM K 0 V;LMOVE K K LEFT RIGHT;LTRIM K 0 3
      LMPOP 2 K K LEFT;SADD K N;SREM K N;SCARD K;SISMEMBER K N;SMOVE K K N;SINTERSTORE K K K
      SUNIONSTORE K K K;SDIFFSTORE K K K;ZADD K N V;ZREM K V;ZSCORE K V;ZCARD K;ZRANGE K 0 -1;ZINCRBY K N V
      ZPOPMIN K;ZRANGESTORE K K 0 -1;ZUNIONSTORE K 2 K K;XADD K MAXLEN 3 N-* f V;XLEN K;XTRIM K MAXLEN 1
      GEOADD K 13.3 38.1 V;GEODIST K V V;SORT K ALPHA STORE K;EVAL RETGET 1 K;EVAL SETK 0 K;MULTI;EXEC
      EXEC;DISCARD;WATCH K;UNWATCH;SELECT 0;SELECT 1;SELECT 0;PING;ECHO V;PUBLISH V V;NOPE;GET;GET K K
      BLPOP K 0.01;RESET;QUITE;CLIENT SETNAME V;CLIENT GETNAME;FLUSHDB;SWAPDB 0 1;MOVE K 1;LCS K K
      """
          .lines()
          .flatMap(line -> List.of(line.split(";")).stream())
          .toList();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void randomSequences_areAnsweredAsByRedis(long seed) throws IOException {
    assertThat(TEMPLATES.stream().distinct().count()).isGreaterThan(100);
    SplittableRandom random = new SplittableRandom(seed);
    try (Twins twins = Twins.start();
        Pair one = twins.connect();
        Pair two = twins.connect();
        Pair reader = twins.connect()) {
      for (int sent = 0; sent < REQUESTS; ) {
        Pair pair = random.nextInt(3) == 0 ? two : one;
        int pipelined = random.nextBoolean() ? 1 : random.nextInt(1, 40);
        for (int i = 0; i < pipelined; i++) {
          pair.send(request(random));
        }
        pair.replies(pipelined);
        readAll(reader);
        sent += pipelined;
      }
      assertThat(locallyAnswered(twins)).as("reads answered by L1").isGreaterThan(50);
    }
  }

  /** Reads every key twice: what L1 holds of it must be what the commands before have left. */
  private static void readAll(Pair reader) throws IOException {
    for (int key = 0; key < 2 * KEYS; key++) {
      reader.send("GET", "key" + key % KEYS);
    }
    reader.replies(2 * KEYS);
  }

  private static double locallyAnswered(Twins twins) throws IOException {
    return twins
        .sidecar()
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("nearside_requests_total{") && line.contains("\"local\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static String[] request(SplittableRandom random) {
    String[] words = TEMPLATES.get(random.nextInt(TEMPLATES.size())).split(" ", -1);
    for (int i = 1; i < words.length; i++) {
      words[i] =
          switch (words[i]) {
            case "K" -> "key" + random.nextInt(KEYS);
            case "V" -> "value" + random.nextInt(4);
            case "N" -> Integer.toString(random.nextInt(20));
            case "N-*" -> random.nextInt(50) + "-1";
            case "RETGET" -> "return redis.call('GET', KEYS[1])";
            case "SETK" -> "return redis.call('SET', ARGV[1], 'scripted')";
            default -> words[i];
          };
    }
    return words;
  }
}

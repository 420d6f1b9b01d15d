package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A client that does not read: what it leaves unread stays in Redis, whose own {@code
 * client-output-buffer-limit} then closes it, and not in the memory of the sidecar.
 */
class OutputLimitsIT {
  private static final String MESSAGE = "m".repeat(10_000);

  private static final String LOCAL_GETS = "nearside_requests_total{way=\"local\",command=\"get\"}";

  /** Its bytes are no pattern that could be compressed to less. */
  private static final String VALUE =
      new SplittableRandom(1)
          .ints(900_000, ' ', '~')
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          .toString();

  /** Far more than sockets, Redis's limit and the sidecar hold together. */
  private static final int MOST_MESSAGES = 20_000;

  private static final long MOST_KEPT_BYTES = 16 << 20;

  static Stream<RedisProgram> programs() {
    return RedisProgram.available().stream();
  }

  /** Sets it afterwards: 6.2 takes no option of several words on its command line. */
  private static RedisServer limited(RedisProgram program, String limit) throws IOException {
    RedisServer redis = RedisServer.start(program);
    try (RespClient client = RespClient.connect(redis.port())) {
      assertThat(client.call("CONFIG", "SET", "client-output-buffer-limit", limit))
          .isEqualTo("+OK\r\n");
    }
    return redis;
  }

  private static long memory() {
    ByteBufAllocatorMetric used =
        ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric();
    return used.usedDirectMemory() + used.usedHeapMemory();
  }

  /** Publishes straight to Redis until nobody listens any more; returns how often. */
  private static int publishWhileHeard(RespClient publisher) throws IOException {
    int count = 0;
    while (count < MOST_MESSAGES
        && !publisher.call("PUBLISH", "channel", MESSAGE).equals(":0\r\n")) {
      count++;
    }
    return count;
  }

  /** Reads on until the end, and returns how many replies there were. */
  private static int readToTheEnd(RespClient late) {
    int count = 0;
    try {
      while (count <= MOST_MESSAGES) {
        late.reply();
        count++;
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("no end after " + count + " replies", e);
    } catch (IOException end) { // perhaps within a reply, as on a direct connection
      return count;
    }
    throw new AssertionError("no end");
  }

  private static void awaitGone(Sidecar sidecar) {
    Waiting.until(
        "the client and its connection are gone",
        () ->
            sidecar.metric("nearside_clients") == 0
                && sidecar.metric("nearside_upstream_connections{kind=\"pinned\"}") == 0);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void subscriber_thatDoesNotRead_isClosedByRedis(RedisProgram program) throws IOException {
    try (RedisServer redis = limited(program, "pubsub 4mb 0 0");
        Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient publisher = RespClient.connect(redis.port());
        RespClient deaf = sidecar.connect()) {
      deaf.call("SUBSCRIBE", "channel");
      long before = memory();
      int published = publishWhileHeard(publisher);
      assertThat(published).isLessThan(MOST_MESSAGES);
      assertThat(memory()).isBetween(1L, before + MOST_KEPT_BYTES);
      assertThat(readToTheEnd(deaf)).isBetween(1, published);
      awaitGone(sidecar);
      assertThat(redis.log()).contains("overcoming of output buffer limits");
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void subscriber_overTheSoftLimit_isClosedByRedisInTime(RedisProgram program) throws IOException {
    try (RedisServer redis = limited(program, "pubsub 0 2mb 1");
        Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient publisher = RespClient.connect(redis.port());
        RespClient deaf = sidecar.connect()) {
      deaf.call("SUBSCRIBE", "channel");
      for (int i = 0; i < MOST_MESSAGES / 4; i++) {
        publisher.call("PUBLISH", "channel", MESSAGE);
      }
      Waiting.until(
          "Redis has closed it",
          () -> publisher.call("PUBLISH", "channel", "more").equals(":0\r\n"));
      assertThat(readToTheEnd(deaf)).isPositive();
      awaitGone(sidecar);
    }
  }

  @ParameterizedTest
  @MethodSource("programs")
  void monitor_thatDoesNotRead_isClosedByRedis(RedisProgram program) throws IOException {
    // Redis counts MONITOR among the normal clients, for which it has no limit unless told so
    try (RedisServer redis = limited(program, "normal 4mb 0 0");
        Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient busy = RespClient.connect(redis.port());
        RespClient deaf = sidecar.connect()) {
      deaf.call("MONITOR");
      long before = memory();
      for (int i = 0; i < MOST_MESSAGES && !gone(redis, i); i++) {
        busy.call("ECHO", MESSAGE);
      }
      assertThat(memory()).isBetween(1L, before + MOST_KEPT_BYTES);
      assertThat(readToTheEnd(deaf)).isPositive();
      awaitGone(sidecar);
      assertThat(redis.log()).contains("overcoming of output buffer limits");
    }
  }

  private static boolean gone(RedisServer redis, int i) {
    return i % 100 == 0 && redis.log().contains("overcoming of output buffer limits");
  }

  /** The end of the upstream stands behind what the client leaves unread: it cannot be seen. */
  @ParameterizedTest
  @MethodSource("programs")
  void subscriber_closedByRedisAndGone_leavesNothingBehind(RedisProgram program)
      throws IOException {
    try (RedisServer redis = limited(program, "pubsub 4mb 0 0");
        Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient publisher = RespClient.connect(redis.port())) {
      try (RespClient deaf = sidecar.connect()) {
        deaf.call("SUBSCRIBE", "channel");
        assertThat(publishWhileHeard(publisher)).isLessThan(MOST_MESSAGES);
      }
      awaitGone(sidecar);
    }
  }

  /** All of it is in L1, from where it could be written faster than anybody reads. */
  @ParameterizedTest
  @CsvSource({"GET,400,1", "MGET,100,1", "MGET,10,40"})
  void reader_ofMuchInL1ThatWaits_getsItAllWhenItReads(String command, int times, int keys)
      throws IOException {
    String value = bulk(VALUE);
    String expected = command.equals("GET") ? value : "*" + keys + "\r\n" + value.repeat(keys);
    List<String> request = new ArrayList<>(List.of(command));
    request.addAll(Collections.nCopies(keys, "big"));
    try (RedisServer redis = RedisServer.start();
        Sidecar sidecar = Sidecar.inFrontOf(redis.port(), "l1.admission-window=0s").awaitReady();
        RespClient other = sidecar.connect();
        RespClient late = sidecar.connect()) {
      hold(sidecar, other);
      long before = memory();
      for (int i = 0; i < times; i++) {
        late.send(request.toArray(new String[0]));
      }
      for (int i = 0; i < 2_000; i++) {
        assertThat(other.call("STRLEN", "none")).isEqualTo(":0\r\n");
        assertThat(memory()).isLessThan(before + MOST_KEPT_BYTES);
      }
      for (int i = 0; i < times; i++) {
        assertThat(late.reply().equals(expected)).as("reply %d is whole", i).isTrue();
      }
      assertThat(sidecar.metric("nearside_clients")).isEqualTo(2);
    }
  }

  private static void hold(Sidecar sidecar, RespClient client) throws IOException {
    client.call("SET", "big", VALUE);
    Waiting.until(
        "it is held",
        () -> {
          client.call("GET", "big");
          return sidecar.metric(LOCAL_GETS) > 0;
        });
  }

  private static String bulk(String value) {
    return "$" + value.length() + "\r\n" + value + "\r\n";
  }

  @ParameterizedTest
  @MethodSource("programs")
  void subscriber_thatReads_getsEverything(RedisProgram program) throws IOException {
    try (RedisServer redis = limited(program, "pubsub 4mb 0 0");
        Sidecar sidecar = Sidecar.inFrontOf(redis.port()).awaitReady();
        RespClient publisher = RespClient.connect(redis.port());
        RespClient reader = sidecar.connect()) {
      reader.call("SUBSCRIBE", "channel");
      for (int i = 0; i < 1_000; i++) {
        publisher.call("PUBLISH", "channel", MESSAGE);
        assertThat(reader.reply()).contains(MESSAGE);
      }
      assertThat(sidecar.metric("nearside_clients")).isEqualTo(1);
    }
  }
}

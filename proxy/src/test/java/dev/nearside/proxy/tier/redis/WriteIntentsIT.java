package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import dev.nearside.proxy.tier.redis.WriteIntents.Intent;
import dev.nearside.proxy.tier.redis.WriteIntents.Settled;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The steps of the proof in {@link WriteIntents}, in the orders that it speaks of. */
final class WriteIntentsIT {
  private static final byte[] KEY = "k".getBytes(UTF_8);
  private static final Duration WINDOW = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(150);
  private static final String NIL = "$-1\r\n";

  private static RedisServer redis;
  private static RedisClient client;
  private static StatefulRedisConnection<byte[], byte[]> connection;
  private static RespClient direct;

  private final WriteIntents one = new WriteIntents(new LinkTo(() -> connection));
  private final WriteIntents other = new WriteIntents(new LinkTo(() -> connection));

  @BeforeAll
  static void start() throws IOException {
    redis = RedisServer.start();
    client = RedisClient.create(RedisURI.create("127.0.0.1", redis.port()));
    connection = client.connect(ByteArrayCodec.INSTANCE);
    direct = RespClient.connect(redis.port());
  }

  @AfterAll
  static void stop() throws IOException {
    direct.close();
    connection.close();
    client.shutdown();
    redis.close();
  }

  @BeforeEach
  void empty() throws IOException {
    direct.call("FLUSHALL");
  }

  @Test
  void alone_putsItsValue_andLeavesNothingElse() throws IOException {
    Intent intent = intend(one, WINDOW);
    assertThat(settle(one, intent, "new", 60_000)).isOne();

    assertThat(direct.call("GET", "k")).isEqualTo("$3\r\nnew\r\n");
    assertThat(direct.call("PTTL", "k")).matches(":(59|60)\\d{3}\r\n");
    assertThat(direct.call("DBSIZE")).isEqualTo(":1\r\n");
  }

  @Test
  void two_theLaterSettlesFirst_neitherPuts() throws IOException {
    Intent first = intend(one, WINDOW);
    Intent second = intend(other, WINDOW);
    assertThat(settle(other, second, "newer", 60_000)).isZero();
    assertThat(direct.call("GET", "k")).isEqualTo(NIL);
    assertThat(settle(one, first, "old", 60_000)).isZero();

    assertThat(direct.call("DBSIZE")).isEqualTo(":0\r\n");
  }

  @Test
  void two_theFirstSettlesFirst_neitherPuts() throws IOException {
    Intent first = intend(one, WINDOW);
    Intent second = intend(other, WINDOW);
    assertThat(settle(one, first, "old", 60_000)).isZero();
    assertThat(settle(other, second, "newer", 60_000)).isZero();

    assertThat(direct.call("DBSIZE")).isEqualTo(":0\r\n");
  }

  @Test
  void oneAfterTheOther_eachPuts() throws IOException {
    settle(one, intend(one, WINDOW), "old", 60_000);
    settle(other, intend(other, WINDOW), "newer", WriteIntents.FOR_GOOD);

    assertThat(direct.call("GET", "k")).isEqualTo("$5\r\nnewer\r\n");
    assertThat(direct.call("PTTL", "k")).isEqualTo(":-1\r\n");
  }

  @Test
  void theWriterDies_whatWasThereIsGoneWhenTheWindowEnds() throws IOException {
    direct.call("SET", "k", "old");
    intend(one, SHORT);

    Waiting.until("it has ended", () -> direct.call("DBSIZE").equals(":0\r\n"));
  }

  @Test
  void theWriterIsLate_deletesWhatAReaderHasPutThere() throws IOException {
    Intent late = intend(one, SHORT);
    Waiting.until("he counts no more", () -> direct.call("DBSIZE").equals(":0\r\n"));
    direct.call("SET", "k", "read before the commit");

    assertThat(settle(one, late, "late", 60_000)).isZero();
    assertThat(direct.call("DBSIZE")).isEqualTo(":0\r\n");
  }

  @Test
  void aReaderHadTheLease_putsNothingBehindTheIntent_andGetsNoneBeforeItIsSettled() {
    Leases leases = new Leases(connection);
    Lease before = leases.acquire(KEY, WINDOW).join();
    assertThat(before).isNotNull();
    Intent intent = intend(one, WINDOW);

    assertThat(leases.fill(before, "old".getBytes(UTF_8), WINDOW).join()).isFalse();
    assertThat(leases.acquireMissing(KEY, WINDOW).join().lease()).isNull();
    settle(one, intent, null, WriteIntents.FOR_GOOD);
    assertThat(leases.acquireMissing(KEY, WINDOW).join().lease()).isNotNull();
  }

  @Test
  void keyDeletedByAnother_theWriterPutsNothing() throws IOException {
    Intent intent = intend(one, WINDOW);
    direct.call("DEL", "k", "nearside:lease:k");

    assertThat(settle(one, intent, "new", 60_000)).isZero();
    assertThat(direct.call("DBSIZE")).isEqualTo(":0\r\n");
  }

  @Test
  void leaseLost_whoCameSince_isNotTakenForAlone() throws IOException {
    Intent first = intend(one, WINDOW);
    direct.call("DEL", "nearside:lease:k");
    Intent second = intend(other, WINDOW);
    assertThat(settle(one, first, "the last to commit", 60_000)).isZero();
    assertThat(settle(other, second, "older", 60_000)).isZero();

    assertThat(direct.call("DBSIZE")).isEqualTo(":0\r\n");
  }

  @Test
  void leaseOfAReaderThatLooksLikeAWriters_isNone() throws IOException {
    direct.call("SET", "nearside:lease:k", "w23456789012345678901234");

    assertThat(settle(one, intend(one, WINDOW), "new", 60_000)).isOne();
    assertThat(direct.call("DBSIZE")).isEqualTo(":1\r\n");
  }

  @Test
  void withdrawn_leavesTheValue_andOtherWriters() throws IOException {
    direct.call("SET", "k", "there");
    Intent withdrawn = intend(one, WINDOW);
    Intent stays = intend(other, WINDOW);
    one.withdraw(withdrawn).join();

    assertThat(direct.call("GET", "k")).isEqualTo("$5\r\nthere\r\n");
    assertThat(direct.call("STRLEN", "nearside:lease:k")).isEqualTo(":39\r\n");
    assertThat(settle(other, stays, "new", 60_000)).isZero();
  }

  private static Intent intend(WriteIntents writer, Duration window) {
    return writer.intend(List.of(KEY), window).join();
  }

  private static long settle(WriteIntents writer, Intent intent, String value, long ttlMs) {
    byte[] bytes = value == null ? null : value.getBytes(UTF_8);
    return writer.settle(intent, List.of(new Settled(bytes, ttlMs))).join();
  }
}

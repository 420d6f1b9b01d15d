package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LeasesIT {
  private static final byte[] KEY = bytes("prompt:7");
  private static final Duration TTL = Duration.ofMinutes(15);

  private static PostgresServer database;
  private static RedisServer redis;
  private static RedisClient client;

  private StatefulRedisConnection<byte[], byte[]> sidecar;
  private StatefulRedisConnection<byte[], byte[]> other;
  private Leases leases;
  private RedisCommands<byte[], byte[]> writer;

  @BeforeAll
  static void startServers() {
    database = PostgresServer.start();
    database.execute("CREATE TABLE prompt (id bigint PRIMARY KEY, version bigint)");
    redis = RedisServer.start();
    client = RedisClient.create(RedisURI.create("127.0.0.1", redis.port()));
  }

  @AfterAll
  static void stopServers() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
    redis.close();
    database.close();
  }

  @BeforeEach
  void connect() {
    sidecar = client.connect(ByteArrayCodec.INSTANCE);
    other = client.connect(ByteArrayCodec.INSTANCE);
    leases = new Leases(sidecar);
    writer = other.sync();
    writer.flushall();
    database.execute("TRUNCATE prompt", "INSERT INTO prompt VALUES (7, 1)");
  }

  @AfterEach
  void disconnect() {
    sidecar.close();
    other.close();
  }

  @Test
  void race_rowRead_rowChanged_delOfTheMissingKey_oldRowWritten_doesNotLand() {
    Lease lease = await(leases.acquire(KEY, TTL));
    byte[] oldRow = readRow();
    changeRowAndForget();
    assertThat(await(leases.fill(lease, oldRow, TTL))).isFalse();
    assertThat(writer.get(KEY)).isNull();
  }

  /** The same steps without the lease: the test above can fail. */
  @Test
  void race_withoutLease_theOldRowLands() {
    byte[] oldRow = readRow();
    changeRowAndForget();
    writer.set(KEY, oldRow);
    assertThat(writer.get(KEY)).isEqualTo(bytes("1")).isNotEqualTo(readRow());
  }

  @Test
  void race_fillBeforeTheWriter_isForgottenByIt() {
    Lease lease = await(leases.acquire(KEY, TTL));
    byte[] oldRow = readRow();
    database.execute("UPDATE prompt SET version = 2 WHERE id = 7");
    assertThat(await(leases.fill(lease, oldRow, TTL))).isTrue();
    forget();
    assertThat(writer.get(KEY)).isNull();
  }

  @Test
  void race_leaseTakenBetweenDelOfLeaseAndWrite_carriesTheNewRow() {
    database.execute("UPDATE prompt SET version = 2 WHERE id = 7");
    writer.del(SideNames.PLAIN.lease(KEY));
    Lease lease = await(leases.acquire(KEY, TTL));
    byte[] row = readRow();
    writer.del(KEY);
    assertThat(await(leases.fill(lease, row, TTL))).isTrue();
    assertThat(writer.get(KEY)).isEqualTo(bytes("2"));
  }

  @Test
  void race_valueSetBySomebody_isNotReplaced() {
    Lease lease = await(leases.acquire(KEY, TTL));
    writer.set(KEY, bytes("written"));
    assertThat(await(leases.fill(lease, bytes("read"), TTL))).isFalse();
    assertThat(writer.get(KEY)).isEqualTo(bytes("written"));
    assertThat(writer.exists(SideNames.PLAIN.lease(KEY))).isZero();
  }

  @Test
  void race_leaseLostAndTakenByAnother_oldHolderDoesNothing() {
    Lease old = await(leases.acquire(KEY, TTL));
    writer.del(SideNames.PLAIN.lease(KEY)); // as its expiry would
    Lease fresh = await(new Leases(other).acquire(KEY, TTL));
    assertThat(await(leases.fill(old, bytes("old"), TTL))).isFalse();
    await(leases.release(old));
    assertThat(writer.get(SideNames.PLAIN.lease(KEY))).isEqualTo(fresh.token());
    assertThat(await(new Leases(other).fill(fresh, bytes("new"), TTL))).isTrue();
    assertThat(writer.get(KEY)).isEqualTo(bytes("new"));
  }

  @Test
  void race_noRow_rowInserted_delOfTheMissingKey_thenMarked_leavesNoMarker() {
    Lease lease = await(leases.acquire(KEY, TTL));
    forget();
    assertThat(await(leases.mark(lease, TTL))).isFalse();
    assertThat(writer.exists(SideNames.PLAIN.lease(KEY))).isZero();
  }

  @Test
  void race_markedBeforeTheWriter_isForgottenByIt() {
    assertThat(await(leases.mark(await(leases.acquire(KEY, TTL)), TTL))).isTrue();
    assertThat(await(leases.acquireMissing(KEY, TTL)).lease()).isNull();
    assertThat(await(leases.look(KEY))).isInstanceOf(Look.Absent.class);
    forget();
    assertThat(await(leases.look(KEY))).isInstanceOf(Look.Free.class);
    assertThat(await(leases.acquireMissing(KEY, TTL)).lease()).isNotNull();
  }

  @Test
  void mark_valueSetBySomebody_leavesNoMarkerAndTheValue() {
    Lease lease = await(leases.acquire(KEY, TTL));
    writer.set(KEY, bytes("written"));
    assertThat(await(leases.mark(lease, TTL))).isFalse();
    assertThat(writer.exists(SideNames.PLAIN.lease(KEY))).isZero();
    assertThat(writer.get(KEY)).isEqualTo(bytes("written"));
  }

  @Test
  void replace_onlyWhatIsStillTheOldValue() {
    writer.set(KEY, bytes("old"));
    Lease late = await(leases.acquire(KEY, TTL));
    writer.set(KEY, bytes("written"));
    assertThat(await(leases.replace(late, bytes("old"), bytes("row"), TTL))).isFalse();
    assertThat(writer.get(KEY)).isEqualTo(bytes("written"));
    assertThat(writer.exists(SideNames.PLAIN.lease(KEY))).isZero();
    Lease inTime = await(leases.acquire(KEY, TTL));
    assertThat(await(leases.replace(inTime, bytes("written"), bytes("row"), TTL))).isTrue();
    assertThat(writer.get(KEY)).isEqualTo(bytes("row"));
  }

  @Test
  void remove_onlyWhatIsStillTheOldValue() {
    writer.set(KEY, bytes("old"));
    Lease late = await(leases.acquire(KEY, TTL));
    writer.set(KEY, bytes("written"));
    assertThat(await(leases.remove(late, bytes("old"), TTL))).isFalse();
    assertThat(writer.get(KEY)).isEqualTo(bytes("written"));
    assertThat(writer.exists(SideNames.PLAIN.lease(KEY))).isZero();
    Lease inTime = await(leases.acquire(KEY, TTL));
    assertThat(await(leases.remove(inTime, bytes("written"), TTL))).isTrue();
    assertThat(writer.get(KEY)).isNull();
    assertThat(await(leases.look(KEY))).isInstanceOf(Look.Absent.class);
  }

  @Test
  void renew_onlyWhatIsOurs() {
    Lease old = await(leases.acquire(KEY, TTL));
    writer.pexpire(SideNames.PLAIN.lease(KEY), 100 * TTL.toMillis());
    assertThat(await(leases.renew(old))).isTrue();
    assertThat(writer.pttl(SideNames.PLAIN.lease(KEY))).isBetween(1L, TTL.toMillis());
    writer.del(SideNames.PLAIN.lease(KEY));
    assertThat(await(leases.renew(old))).isFalse();
    assertThat(await(new Leases(other).acquire(KEY, TTL))).isNotNull();
    writer.pexpire(SideNames.PLAIN.lease(KEY), 100 * TTL.toMillis());
    assertThat(await(leases.renew(old))).isFalse();
    assertThat(writer.pttl(SideNames.PLAIN.lease(KEY))).isGreaterThan(TTL.toMillis());
  }

  @Test
  void acquire_heldByAnother_isNull() {
    assertThat(await(leases.acquire(KEY, TTL))).isNotNull();
    assertThat(await(leases.acquire(KEY, TTL))).isNull();
    assertThat(await(new Leases(other).acquire(KEY, TTL))).isNull();
    assertThat(await(leases.acquire(bytes("prompt:8"), TTL))).isNotNull();
    assertThat(writer.pttl(SideNames.PLAIN.lease(KEY))).isBetween(1L, TTL.toMillis());
  }

  @Test
  void fill_setsTheValueWithItsTtlAndGivesTheLeaseBack() {
    Lease lease = await(leases.acquire(KEY, TTL));
    byte[] value = {0, 13, 10, (byte) 0xff};
    assertThat(await(leases.fill(lease, value, TTL))).isTrue();
    assertThat(writer.get(KEY)).isEqualTo(value);
    assertThat(writer.pttl(KEY)).isBetween(1L, TTL.toMillis());
    assertThat(writer.exists(SideNames.PLAIN.lease(KEY))).isZero();
    assertThat(await(leases.fill(lease, value, TTL))).isFalse();
  }

  @Test
  void fill_redisForgotTheScript_sendsItAgain() {
    for (int i = 0; i < 3; i++) {
      writer.scriptFlush();
      writer.del(KEY);
      assertThat(await(leases.fill(await(leases.acquire(KEY, TTL)), KEY, TTL))).isTrue();
      writer.del(KEY);
      assertThat(await(leases.fill(await(leases.acquire(KEY, TTL)), KEY, TTL))).isTrue();
    }
  }

  @Test
  void release_letsTheNextIn() {
    Lease lease = await(leases.acquire(KEY, TTL));
    await(leases.release(lease));
    assertThat(await(new Leases(other).acquire(KEY, TTL))).isNotNull();
  }

  @Test
  void redisRefuses_isNoLeaseAndNoFill() {
    Lease lease = await(leases.acquire(KEY, TTL));
    writer.del(SideNames.PLAIN.lease(KEY));
    writer.configSet("maxmemory", "1");
    try {
      assertThat(await(leases.acquire(KEY, TTL))).isNull();
      assertThat(await(leases.fill(lease, KEY, TTL))).isFalse();
      await(leases.release(lease));
    } finally {
      writer.configSet("maxmemory", "0");
    }
    sidecar.close();
    assertThat(await(leases.acquire(KEY, TTL))).isNull();
    assertThat(await(leases.fill(lease, KEY, TTL))).isFalse();
  }

  @Test
  void leaseKey_isThePrefixAndTheKey() {
    assertThat(SideNames.PLAIN.lease(KEY)).isEqualTo(bytes("nearside:lease:prompt:7"));
    assertThat(SideNames.PLAIN.lease(new byte[0])).isEqualTo(bytes("nearside:lease:"));
  }

  private void changeRowAndForget() {
    database.execute("UPDATE prompt SET version = 2 WHERE id = 7");
    forget();
  }

  private void forget() {
    writer.del(SideNames.PLAIN.lease(KEY));
    writer.del(KEY);
  }

  private static byte[] readRow() {
    return bytes(Long.toString(database.count("SELECT version FROM prompt WHERE id = 7")));
  }

  private static <T> T await(CompletableFuture<T> future) {
    return future.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}

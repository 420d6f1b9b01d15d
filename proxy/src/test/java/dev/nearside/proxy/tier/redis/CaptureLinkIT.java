package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.tier.redis.Leases.Attempt;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The gate of captured keys, between two sidecars, and what it lets through. */
final class CaptureLinkIT {
  private static final byte[] GATE = bytes("nearside:capture:test");
  private static final byte[] KEY = bytes("row:7");
  private static final byte[] OTHER = bytes("free:7");
  private static final Duration TTL = Duration.ofMinutes(15);

  private static RedisServer redis;
  private static RedisClient client;

  private final CapturedKeys captured = keys();
  private StatefulRedisConnection<byte[], byte[]> connection;
  private RedisCommands<byte[], byte[]> direct;
  private CaptureLink first;
  private CaptureLink second;
  private Leases leases;

  private static CapturedKeys keys() {
    return new CapturedKeys(GATE, key -> new String(key, UTF_8).startsWith("row:"));
  }

  @BeforeAll
  static void startServer() {
    redis = RedisServer.start();
    client = RedisClient.create(RedisURI.create("127.0.0.1", redis.port()));
  }

  @AfterAll
  static void stopServer() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
    redis.close();
  }

  @BeforeEach
  void connect() {
    connection = client.connect(ByteArrayCodec.INSTANCE);
    direct = connection.sync();
    direct.flushall();
    RowLinks links = new LinkTo(() -> connection);
    first = new CaptureLink(connection, links, captured);
    second = new CaptureLink(connection, links, keys());
    leases = new Leases(connection, null, captured);
  }

  @AfterEach
  void disconnect() {
    connection.close();
  }

  @Test
  void gate_isOneSidecars_untilHeLeavesItOrItEnds() {
    assertThat(await(first.take())).isTrue();
    assertThat(await(second.take())).isFalse();
    assertThat(await(second.open())).isFalse();
    assertThat(await(second.renew())).isFalse();
    assertThat(await(second.release())).isFalse();
    assertThat(await(first.open())).isTrue();
    assertThat(new String(direct.get(GATE), UTF_8)).endsWith("+");
    assertThat(await(first.renew())).isTrue();
    assertThat(direct.pttl(GATE)).isBetween(1L, CaptureLink.TTL.toMillis());
    assertThat(await(second.take())).isFalse();
    assertThat(await(first.shut())).isTrue();
    assertThat(new String(direct.get(GATE), UTF_8)).doesNotEndWith("+");
    assertThat(await(first.release())).isTrue();
    assertThat(await(second.take())).isTrue();
    assertThat(await(first.renew())).isFalse();
  }

  @Test
  void gate_ofAnEarlierLinkOfTheSameSidecar_isTakenShut_andThatOneHasNoSayAnyMore() {
    assertThat(await(first.take())).isTrue();
    assertThat(await(first.open())).isTrue();
    CaptureLink again = new CaptureLink(connection, new LinkTo(() -> connection), captured);
    assertThat(await(again.take())).isTrue();
    assertThat(new String(direct.get(GATE), UTF_8)).doesNotEndWith("+");
    assertThat(await(first.open())).isFalse();
    assertThat(await(again.open())).isTrue();
  }

  @Test
  void leases_ofCapturedKeys_areGivenThroughAnOpenGateOnly() {
    assertNoLease(KEY);
    await(first.take());
    assertNoLease(KEY);
    assertThat(await(leases.acquireMissing(OTHER, TTL)).lease()).isNotNull();
    await(first.open());
    Lease lease = await(leases.acquireMissing(KEY, TTL)).lease();
    assertThat(lease).isNotNull();
    await(leases.release(lease));
    assertThat(await(leases.acquire(KEY, TTL))).isNotNull();
    await(first.forget(List.of(KEY)));
    await(first.shut());
    assertNoLease(KEY);
    direct.set(KEY, bytes("there"));
    assertThat(await(leases.acquireMissing(KEY, TTL))).isEqualTo(new Attempt(null, true));
  }

  /** Whoever gets none reads the row at once, and does not wait for anybody. */
  private void assertNoLease(byte[] key) {
    assertThat(await(leases.acquireMissing(key, TTL))).isEqualTo(new Attempt(null, false, true));
    assertThat(await(leases.acquire(key, TTL))).isNull();
    assertThat(direct.exists(SideNames.PLAIN.lease(key))).isZero();
  }

  @Test
  void forget_breaksTheLease_soThatItsFillIsNotPutThere() {
    await(first.take());
    await(first.open());
    Lease lease = await(leases.acquireMissing(KEY, TTL)).lease();
    await(first.forget(List.of(KEY, bytes("row:8"))));
    assertThat(await(leases.fill(lease, bytes("old"), TTL))).isFalse();
    assertThat(direct.get(KEY)).isNull();
  }

  @Test
  void keys_areThoseThatBeginSo_whateverTheirBytes() {
    for (String name : List.of("a*b:1", "a*b:2", "axb:3", "a[x]?:4", "ax:5")) {
      direct.set(bytes(name), bytes("v"));
    }
    assertThat(all("a*b:")).containsExactlyInAnyOrder("a*b:1", "a*b:2");
    assertThat(all("a[x]?")).containsExactly("a[x]?:4");
    assertThat(all("")).hasSize(5);
  }

  private List<String> all(String prefix) {
    List<String> names = new ArrayList<>();
    String from = null;
    do {
      KeyPage page = await(first.keys(bytes(prefix), from));
      page.keys().forEach(key -> names.add(new String(key, UTF_8)));
      from = page.next();
    } while (from != null);
    return names;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static <T> T await(CompletableFuture<T> future) {
    return future.orTimeout(20, TimeUnit.SECONDS).join();
  }
}

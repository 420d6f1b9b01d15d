package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.redis.Leases.Attempt;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many keys in one script: each has its own outcome, whatever becomes of the others. */
final class LeaseCallsIT {
  private static final Duration TTL = Duration.ofMinutes(15);
  private static final String[] OWN = {"~nearside:lease:prompt:*", "~nearside:behind:prompt:*"};
  private static final int MANY = 4 * LeaseCalls.MOST_KEYS + 40;

  private static RedisServer redis;
  private static RedisClient client;

  private StatefulRedisConnection<byte[], byte[]> sidecar;
  private StatefulRedisConnection<byte[], byte[]> other;
  private Leases leases;
  private RedisCommands<byte[], byte[]> writer;

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
    sidecar = client.connect(ByteArrayCodec.INSTANCE);
    other = client.connect(ByteArrayCodec.INSTANCE);
    leases = new Leases(sidecar);
    writer = other.sync();
    writer.flushall();
    writer.configResetstat();
  }

  @AfterEach
  void disconnect() {
    sidecar.close();
    other.close();
  }

  @Test
  void acquire_manyAtOnce_areFewScripts_andEachHasItsOwnOutcome() {
    List<Lease> elsewhere = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      if (i % 3 == 1) {
        writer.set(key(i), bytes("there"));
      } else if (i % 3 == 2) {
        elsewhere.add(await(new Leases(other).acquire(key(i), TTL)));
      }
    }
    await(leases.acquireMissing(bytes("the script is known"), TTL));
    writer.configResetstat();
    List<Attempt> attempts = whilePaused(this::acquireAll);
    assertThat(scripts()).as("1 alone, 4 full ones beside it, and what is left").isEqualTo(6);
    for (int i = 0; i < MANY; i++) {
      assertThat(attempts.get(i).answered()).isTrue();
      Lease lease = attempts.get(i).lease();
      assertThat(lease != null).as("lease of " + i).isEqualTo(i % 3 == 0);
      assertThat(writer.get(SideNames.PLAIN.lease(key(i))))
          .isEqualTo(
              i % 3 == 2 ? elsewhere.get(i / 3).token() : lease == null ? null : lease.token());
    }
  }

  @Test
  void acquire_nothingUnanswered_isSentAtOnce() {
    await(leases.acquireMissing(key(0), TTL));
    writer.configResetstat();
    for (int i = 1; i <= 3; i++) {
      assertThat(await(leases.acquireMissing(key(i), TTL)).lease()).isNotNull();
      assertThat(scripts()).isEqualTo(i);
    }
  }

  @Test
  void fill_manyAtOnce_eachHasItsOwnOutcome() {
    List<Lease> held = acquireAll().stream().map(LeaseCallsIT::await).map(Attempt::lease).toList();
    for (int i = 0; i < MANY; i += 10) {
      writer.del(SideNames.PLAIN.lease(key(i)));
      writer.set(key(i + 1), bytes("set by somebody"));
      writer.del(SideNames.PLAIN.lease(key(i + 2)));
      writer.lpush(SideNames.PLAIN.lease(key(i + 2)), bytes("of another type"));
    }
    List<Boolean> filled =
        whilePaused(
            () -> held.stream().map(lease -> leases.fill(lease, lease.key(), TTL)).toList());
    for (int i = 0; i < MANY; i++) {
      assertThat(filled.get(i)).as("fill of " + i).isEqualTo(i % 10 > 2);
      assertThat(writer.get(key(i)))
          .isEqualTo(i % 10 > 2 ? key(i) : i % 10 == 1 ? bytes("set by somebody") : null);
      assertThat(writer.exists(SideNames.PLAIN.lease(key(i)))).isEqualTo(i % 10 == 2 ? 1 : 0);
      if (i % 10 > 2) {
        assertThat(writer.pttl(key(i))).isBetween(1L, TTL.toMillis());
      }
    }
  }

  @Test
  void fill_largeValues_areOfFewKeysAScript() {
    byte[] large = new byte[100_000];
    List<Lease> held = acquireAll().stream().map(LeaseCallsIT::await).map(Attempt::lease).toList();
    writer.configResetstat();
    List<Boolean> filled =
        whilePaused(() ->
            held.subList(0, 30).stream().map(lease -> leases.fill(lease, large, TTL)).toList());
    assertThat(filled).containsOnly(true).hasSize(30);
    assertThat(scripts()).isGreaterThanOrEqualTo(30 / 3);
  }

  @Test
  void fill_largeValues_areNotHeldUpByAnAnswerThatIsDue() {
    byte[] large = new byte[100_000];
    List<Lease> held = acquireAll().stream().map(LeaseCallsIT::await).map(Attempt::lease).toList();
    await(leases.fill(held.getLast(), bytes("the script is known"), TTL));
    pause();
    List<CompletableFuture<Boolean>> filled =
        held.subList(0, 10).stream().map(lease -> leases.fill(lease, large, TTL)).toList();
    Waiting.until("full scripts stand before Redis", () -> queuedBytes() > 500_000);
    unpause();
    assertThat(filled).allMatch(LeaseCallsIT::await);
  }

  /** Returns how much Redis has read of a client and not executed yet. */
  private long queuedBytes() {
    return writer
        .clientList()
        .lines()
        .map(line -> line.replaceAll(".* qbuf=(\\d+).*", "$1"))
        .mapToLong(Long::parseLong)
        .max()
        .orElseThrow();
  }

  @Test
  void fill_userWithoutMget_fillsAllTheSame() {
    direct("ACL", "SETUSER", "mgetless", "on", ">secret", "+@all", "-mget", "~*");
    List<Lease> held = acquireAll().stream().map(LeaseCallsIT::await).map(Attempt::lease).toList();
    writer.del(SideNames.PLAIN.lease(key(1)));
    writer.lpush(SideNames.PLAIN.lease(key(1)), bytes("of another type"));
    sidecar.sync().auth("mgetless", "secret");
    List<Boolean> filled =
        whilePaused(() ->
            held.subList(0, 3).stream()
                .map(lease -> leases.fill(lease, lease.key(), TTL))
                .toList());
    assertThat(filled).containsExactly(true, false, true);
    assertThat(writer.get(key(2))).isEqualTo(key(2));
  }

  /** A command that this user may not run is refused once, not once for each key. */
  @Test
  void acquire_scriptsAreRefused_areNotAskedForOneByOne() {
    direct("ACL", "SETUSER", "scriptless", "on", ">secret", "+@all", "-evalsha", "-eval", "~*");
    sidecar.sync().auth("scriptless", "secret");
    List<CompletableFuture<Attempt>> attempts =
        IntStream.range(0, 20).mapToObj(i -> leases.acquireMissingAtFlush(key(i), TTL)).toList();
    leases.flush();
    assertThat(attempts).noneMatch(attempt -> await(attempt).answered());
    assertThat(refusedScripts()).isEqualTo(1);
  }

  /** What waited behind a script that Redis did not answer in time has waited for as long. */
  @Test
  void acquire_redisIsSilent_allAreToldAtTheFirstTimeout() {
    client.setOptions(
        ClientOptions.builder()
            .timeoutOptions(TimeoutOptions.enabled(Duration.ofMillis(500)))
            .build());
    StatefulRedisConnection<byte[], byte[]> impatient = client.connect(ByteArrayCodec.INSTANCE);
    client.setOptions(ClientOptions.create());
    try (impatient) {
      Leases hurried = new Leases(impatient);
      await(hurried.acquireMissing(bytes("the script is known"), TTL));
      writer.configResetstat();
      pause();
      List<CompletableFuture<Attempt>> attempts =
          IntStream.range(0, 20).mapToObj(i -> hurried.acquireMissing(key(i), TTL)).toList();
      assertThat(attempts).noneMatch(attempt -> await(attempt).answered());
      unpause();
      assertThat(await(hurried.acquireMissing(bytes("behind them"), TTL)).answered()).isTrue();
      assertThat(scripts()).as("the first, and the last").isEqualTo(2);
    }
  }

  @Test
  void acquire_redisForgotTheScript_meanwhile_sendsItAgain() {
    await(leases.acquireMissing(bytes("the script is known"), TTL));
    writer.scriptFlush();
    assertThat(whilePaused(this::acquireAll)).allMatch(attempt -> attempt.lease() != null);
  }

  /** Redis looks at all keys before it executes anything: the others are asked for one by one. */
  @Test
  void acquire_oneKeyThatTheUserMayNotUse_doesNotKeepItFromTheOthers() {
    direct("ACL", "SETUSER", "limited", "on", ">secret", "+@all", "~prompt:*", OWN[0], OWN[1]);
    sidecar.sync().auth("limited", "secret");
    List<byte[]> names = List.of(key(0), key(1), bytes("forbidden:7"), key(2));
    List<Attempt> attempts =
        whilePaused(() -> names.stream().map(name -> leases.acquireMissing(name, TTL)).toList());
    assertThat(attempts).extracting(Attempt::answered).containsExactly(true, true, false, true);
    assertThat(attempts)
        .extracting(attempt -> attempt.lease() != null)
        .containsExactly(true, true, false, true);
  }

  @Test
  void connectionLost_nobodyWaitsForEver_andNothingWasTaken() {
    pause();
    List<CompletableFuture<Attempt>> attempts = acquireAll();
    sidecar.close();
    unpause();
    assertThat(attempts.stream().map(LeaseCallsIT::await))
        .noneMatch(attempt -> attempt.answered() || attempt.lease() != null);
    assertThat(await(leases.acquireMissing(key(0), TTL)).answered()).isFalse();
  }

  @Test
  void gatheredForAFlush_connectionLost_isToldSo() {
    CompletableFuture<Attempt> before = leases.acquireMissingAtFlush(key(0), TTL);
    assertThat(before).isNotDone();
    sidecar.close();
    CompletableFuture<Attempt> after = leases.acquireMissingAtFlush(key(1), TTL);
    assertThat(await(after).answered()).isFalse();
    leases.flush();
    assertThat(await(before).answered()).isFalse();
  }

  @Test
  void gatheredForAFlush_goTogether() {
    await(leases.acquireMissing(bytes("the script is known"), TTL));
    writer.configResetstat();
    List<CompletableFuture<Attempt>> attempts =
        IntStream.range(0, 20).mapToObj(i -> leases.acquireMissingAtFlush(key(i), TTL)).toList();
    leases.flush();
    assertThat(attempts).allMatch(attempt -> await(attempt).lease() != null);
    assertThat(scripts()).isEqualTo(1);
  }

  @Test
  void fillsOfACrowd_goTogether_andThoseBehindItAlone() {
    List<Lease> held = acquireAll().stream().map(LeaseCallsIT::await).map(Attempt::lease).toList();
    assertThat(await(leases.fill(held.getLast(), bytes("the script is known"), TTL))).isTrue();
    writer.configResetstat();
    Runnable end = leases.beginFills();
    List<CompletableFuture<Boolean>> filled =
        held.subList(0, 20).stream().map(lease -> leases.fill(lease, lease.key(), TTL)).toList();
    end.run();
    assertThat(filled).allMatch(LeaseCallsIT::await);
    assertThat(scripts()).isEqualTo(1);
    assertThat(await(leases.fill(held.get(20), bytes("alone"), TTL))).isTrue();
    assertThat(scripts()).isEqualTo(2);
  }

  private List<CompletableFuture<Attempt>> acquireAll() {
    return IntStream.range(0, MANY).mapToObj(i -> leases.acquireMissing(key(i), TTL)).toList();
  }

  private <T> List<T> whilePaused(Supplier<List<CompletableFuture<T>>> calls) {
    pause();
    List<CompletableFuture<T>> called = calls.get();
    unpause();
    return called.stream().map(LeaseCallsIT::await).toList();
  }

  /** Redis executes no script meanwhile. */
  private void pause() {
    direct("CLIENT", "PAUSE", "60000", "WRITE");
  }

  private void unpause() {
    direct("CLIENT", "UNPAUSE");
  }

  private static void direct(String... command) {
    try (RespClient direct = RespClient.connect(redis.port())) {
      assertThat(direct.call(command)).isEqualTo("+OK\r\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long scripts() {
    return ofScripts(".*:calls=(\\d+),.*");
  }

  private long refusedScripts() {
    return ofScripts(".*rejected_calls=(\\d+),.*");
  }

  private long ofScripts(String field) {
    return writer
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_evalsha:"))
        .map(line -> line.replaceAll(field, "$1"))
        .mapToLong(Long::parseLong)
        .sum();
  }

  private static <T> T await(CompletableFuture<T> future) {
    return future.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private static byte[] key(int number) {
    return bytes("prompt:" + number);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}

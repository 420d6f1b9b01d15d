package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Answer.Unavailable;
import dev.nearside.proxy.tier.DatabaseFill.Outcome;
import dev.nearside.proxy.tier.redis.Leases.Attempt;
import dev.nearside.proxy.tier.redis.Look.Wake;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * On each Redis there is: three sidecars' fills of one key, step by step: who reads the row, and
 * what the others get.
 */
@ParameterizedClass
@MethodSource("programs")
class DatabaseFillIT {
  private static final String KEY = "prompt:7";
  private static final String LEASE = "nearside:lease:prompt:7";
  private static final Answer BROKEN = new Unavailable(Reason.ERROR);

  private static final Map<RedisProgram, RedisServer> servers = new EnumMap<>(RedisProgram.class);

  @Parameter RedisProgram program;

  private RedisServer redis;
  private FillNode a;
  private FillNode b;
  private FillNode c;
  private RespClient direct;

  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  @AfterAll
  static void stopRedis() {
    servers.values().forEach(RedisServer::close);
  }

  @BeforeEach
  void connect() throws IOException {
    redis = servers.computeIfAbsent(program, DatabaseFillIT::start);
    direct = RespClient.connect(redis.port());
    direct.call("FLUSHALL");
  }

  private static RedisServer start(RedisProgram program) {
    return program == RedisProgram.CARRIED
        ? RedisServer.start(program)
        : RedisServer.start(program, "--enable-debug-command", "yes");
  }

  private void nodes(Duration timeout, Duration negativeTtl) {
    a = new FillNode(redis.port(), "watch-a", timeout, negativeTtl);
    b = new FillNode(redis.port(), "watch-b", timeout, negativeTtl);
    c = new FillNode(redis.port(), "watch-c", timeout, negativeTtl);
  }

  private void nodes() {
    nodes(FillNode.LONG, FillNode.LONG);
  }

  @AfterEach
  void disconnect() throws IOException {
    direct.call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
    Stream.of(a, b, c).forEach(FillNode::close);
    direct.close();
  }

  /** A holds the lease and reads; B and C wait. */
  private List<CompletableFuture<Outcome>> twoWait() {
    CompletableFuture<Outcome> first = a.get(KEY);
    a.awaitAsked();
    CompletableFuture<Outcome> second = b.get(KEY);
    CompletableFuture<Outcome> third = c.get(KEY);
    b.awaitWaiting(1);
    c.awaitWaiting(1);
    return List.of(first, second, third);
  }

  @Test
  void value_isReadOnce_andReachesTheOthersByRedis() throws IOException {
    nodes();
    List<CompletableFuture<Outcome>> all = twoWait();
    a.answer("row");
    assertThat(all).extracting(FillNode::value).containsOnly("row");
    assertThat(all).allMatch(outcome -> outcome.join().stored());
    assertThat(b.asked.size() + c.asked.size()).isZero();
    assertThat(b.woken(Wake.PUSH) + c.woken(Wake.PUSH)).isGreaterThanOrEqualTo(2);
    assertThat(b.fill.waiting() + c.fill.waiting()).isZero();
    assertThat(direct.call("EXISTS", LEASE)).isEqualTo(":0\r\n");
  }

  /** The key was missing when the reader looked, and is there when he asks for the lease. */
  @Test
  void value_thatIsThereByNow_isNotReadAgain() throws IOException {
    nodes();
    direct.call("SET", KEY, "there");
    assertThat(FillNode.value(a.get(KEY))).isEqualTo("there");
    assertThat(a.asked).isEmpty();
    assertThat(a.taken()).isZero();
  }

  @Test
  void noRow_isReadOnce_andRememberedForAll() {
    nodes();
    List<CompletableFuture<Outcome>> all = twoWait();
    a.answer((String) null);
    assertThat(all).extracting(FillNode::value).containsOnlyNulls();
    assertThat(all).allMatch(outcome -> outcome.join().absentNs() > 0);
    assertThat(FillNode.value(c.get(KEY))).isNull();
    assertThat(b.asked.size() + c.asked.size()).isZero();
    assertThat(b.markersRead() + c.markersRead()).isEqualTo(3);
  }

  @Test
  void noRow_markerGone_everybodyIsTold() throws IOException {
    nodes();
    List<CompletableFuture<Outcome>> all = twoWait();
    a.answer((String) null);
    all.forEach(CompletableFuture::join);
    assertThat(direct.call("DEL", LEASE)).isEqualTo(":1\r\n");
    for (FillNode node : List.of(a, b, c)) {
      Waiting.until("it forgets", () -> node.outdated.contains(KEY));
    }
  }

  /** What an outcome says may be held: only as long as somebody would tell of a change. */
  @Test
  void noRow_isWatchedUntilItsMarkerGoes_orTheConnectionThatWouldTell() throws IOException {
    nodes();
    List<CompletableFuture<Outcome>> all = twoWait();
    a.answer((String) null);
    all.forEach(CompletableFuture::join);
    assertThat(all).allMatch(outcome -> outcome.join().watched().getAsBoolean());
    assertThat(direct.call("CLIENT", "KILL", "ID", idOf("watch-b"))).isEqualTo(":1\r\n");
    Waiting.until("it forgets", () -> b.outdated.contains(KEY));
    assertThat(all.get(1).join().watched().getAsBoolean()).isFalse();
    assertThat(all.get(2).join().watched().getAsBoolean()).isTrue();
    direct.call("DEL", LEASE);
    Waiting.until("the others forget", () -> c.outdated.contains(KEY));
    assertThat(all.get(2).join().watched().getAsBoolean()).isFalse();
  }

  @Test
  void noRow_notToBeRemembered_isAskedForByOneAfterTheOther() {
    nodes(FillNode.LONG, Duration.ZERO);
    List<CompletableFuture<Outcome>> all = twoWait();
    a.answer((String) null);
    Waiting.until("another asks", () -> b.asked.size() + c.asked.size() == 1);
    FillNode next = b.asked.isEmpty() ? c : b;
    FillNode last = next == b ? c : b;
    last.awaitWaiting(1);
    next.answer((String) null);
    last.answer((String) null);
    assertThat(all).extracting(FillNode::value).containsOnlyNulls();
    assertThat(all).allMatch(outcome -> outcome.join().absentNs() == 0);
    assertThat(b.woken(Wake.TIMER) + c.woken(Wake.TIMER)).isZero();
  }

  @Test
  void errorAtTheHolder_oneOfTheOthersAsks_theLastStillWaits() {
    nodes();
    List<CompletableFuture<Outcome>> all = twoWait();
    a.answer(BROKEN);
    assertThat(FillNode.value(all.getFirst())).isEqualTo("error");
    Waiting.until("another asks", () -> b.asked.size() + c.asked.size() == 1);
    FillNode next = b.asked.isEmpty() ? c : b;
    FillNode last = next == b ? c : b;
    last.awaitWaiting(1);
    next.answer("row");
    assertThat(FillNode.value(all.get(1))).isEqualTo("row");
    assertThat(FillNode.value(all.get(2))).isEqualTo("row");
    assertThat(last.asked).isEmpty();
    assertThat(b.woken(Wake.TIMER) + c.woken(Wake.TIMER)).isZero();
  }

  /** A write deletes the lease while the old row is on its way. */
  @Test
  void leaseBroken_theOthersReadAnew_theHolderIsJoinedByNobody() throws IOException {
    nodes();
    List<CompletableFuture<Outcome>> all = twoWait();
    direct.call("DEL", LEASE);
    Waiting.until("the holder knows", () -> a.outdated.contains(KEY));
    Waiting.until("another asks", () -> b.asked.size() + c.asked.size() == 1);
    CompletableFuture<Outcome> behind = a.getOrJoin(KEY);
    a.awaitWaiting(1);
    a.answer("old");
    (b.asked.isEmpty() ? c : b).answer("new");
    assertThat(FillNode.value(all.getFirst())).isEqualTo("old");
    assertThat(all.getFirst().join().stored()).isFalse();
    assertThat(FillNode.value(all.get(1))).isEqualTo("new");
    assertThat(FillNode.value(all.get(2))).isEqualTo("new");
    assertThat(FillNode.value(behind)).isEqualTo("new");
    assertThat(direct.call("GET", KEY)).isEqualTo("$3\r\nnew\r\n");
  }

  @Test
  void connectionOfWaitersKilled_theyLookAgain() throws IOException {
    nodes();
    List<CompletableFuture<Outcome>> all = twoWait();
    assertThat(direct.call("CLIENT", "KILL", "ID", idOf("watch-b"))).isEqualTo(":1\r\n");
    Waiting.until("they are woken", () -> b.woken(Wake.LOST) == 1);
    a.answer("row");
    assertThat(all).extracting(FillNode::value).containsOnly("row");
    assertThat(b.asked).isEmpty();
  }

  /** It renews no more, as if it had been stopped; Redis says nothing of the lease's expiry. */
  @Test
  void holderSilent_oneOfTheOthersReplacesIt_andItsLateRowIsNotStored() throws IOException {
    nodes();
    assertThat(direct.call("DEBUG", "SET-ACTIVE-EXPIRE", "0")).isEqualTo("+OK\r\n");
    List<CompletableFuture<Outcome>> all = twoWait();
    a.stopTimers();
    Waiting.until("another asks", () -> b.asked.size() + c.asked.size() == 1);
    FillNode next = b.asked.isEmpty() ? c : b;
    FillNode last = next == b ? c : b;
    last.awaitWaiting(1);
    a.answer("late");
    assertThat(FillNode.value(all.getFirst())).isEqualTo("late");
    assertThat(all.getFirst().join().stored()).isFalse();
    next.answer("row");
    assertThat(FillNode.value(all.get(1))).isEqualTo("row");
    assertThat(FillNode.value(all.get(2))).isEqualTo("row");
    assertThat(last.asked).isEmpty();
    assertThat(b.woken(Wake.TIMER) + c.woken(Wake.TIMER)).isGreaterThanOrEqualTo(1);
    assertThat(direct.call("GET", KEY)).isEqualTo("$3\r\nrow\r\n");
  }

  /** A row that takes longer than a lease lasts is not read by another: the holder renews it. */
  @Test
  void holderSlow_renewsItsLease() throws IOException {
    nodes(Duration.ofSeconds(2), FillNode.LONG);
    CompletableFuture<Outcome> read = a.get(KEY);
    a.awaitAsked();
    for (int i = 0; i < 2; i++) {
      assertThat(direct.call("PEXPIRE", LEASE, "100000")).isEqualTo(":1\r\n");
      Waiting.until("it is renewed for 1 s", () -> millis(LEASE) <= 1000 && millis(LEASE) > 0);
    }
    a.answer("row");
    assertThat(FillNode.value(read)).isEqualTo("row");
  }

  /** Nothing is ever heard of the holder, and its lease does not expire. */
  @Test
  void deadline_theRowIsReadAlone_andStoredNowhere() throws IOException {
    nodes(Duration.ofMillis(300), FillNode.LONG);
    direct.call("SET", LEASE, "somebody's");
    CompletableFuture<Outcome> read = a.get(KEY);
    a.answer("alone");
    assertThat(FillNode.value(read)).isEqualTo("alone");
    assertThat(read.join().stored()).isFalse();
    assertThat(a.woken(Wake.DEADLINE)).isEqualTo(1);
    Waiting.until("it waits no more", () -> a.fill.waiting() == 0);
    assertThat(direct.call("EXISTS", KEY)).isEqualTo(":0\r\n");
    assertThat(direct.call("GET", LEASE)).endsWith("somebody's\r\n");
  }

  /** The key is read as ever then; the lease must not keep others from it. */
  @Test
  void takeLease_redisSaysNothingInTime_isNone_andGivenBackWhenItComes() throws IOException {
    nodes(Duration.ofMillis(300), FillNode.LONG);
    direct.call("CLIENT", "PAUSE", "60000", "WRITE");
    assertThat(a.takeLease(KEY).join()).isEqualTo(new Attempt(null, false));
    direct.call("CONFIG", "RESETSTAT");
    direct.call("CLIENT", "UNPAUSE");
    Waiting.until(
        "the lease that comes late is given back",
        () -> direct.call("INFO", "commandstats").contains("cmdstat_del:"));
    assertThat(direct.call("EXISTS", LEASE)).isEqualTo(":0\r\n");
    assertThat(a.takeLease(KEY).join().lease()).isNotNull();
  }

  @Test
  void refresh_replacesTheOldValue() throws IOException {
    nodes();
    direct.call("SET", KEY, "old", "PX", "1000");
    CompletableFuture<Boolean> refreshed = a.refresh(KEY, "old");
    a.answer("new");
    assertThat(refreshed.join()).isTrue();
    assertThat(direct.call("GET", KEY)).isEqualTo("$3\r\nnew\r\n");
    assertThat(millis(KEY)).isGreaterThan(1000);
    assertThat(direct.call("EXISTS", LEASE)).isEqualTo(":0\r\n");
  }

  /** Half a minute is less than what the namespace gives to values. */
  @Test
  void rowThatExpires_livesNoLongerInRedis() throws IOException {
    nodes();
    CompletableFuture<Outcome> filled = a.get(KEY);
    a.answer(expiring(30_000));
    assertThat(FillNode.value(filled)).isEqualTo("row");
    assertThat(millis(KEY)).isBetween(1L, 30_000L);
    CompletableFuture<Boolean> refreshed = a.refresh(KEY, "row");
    a.answer(expiring(10_000));
    assertThat(refreshed.join()).isTrue();
    assertThat(millis(KEY)).isBetween(1L, 10_000L);
  }

  @Test
  void rowThatHasExpiredByNow_isAbsent() throws IOException {
    nodes();
    CompletableFuture<Outcome> filled = a.get(KEY);
    a.answer(expiring(-1));
    assertThat(FillNode.value(filled)).isNull();
    assertThat(direct.call("EXISTS", KEY)).isEqualTo(":0\r\n");
    assertThat(FillNode.value(b.get(KEY))).isNull();
    assertThat(b.asked).isEmpty();
    direct.call("DEL", LEASE);
    direct.call("SET", KEY, "row", "PX", "100000");
    CompletableFuture<Boolean> refreshed = a.refresh(KEY, "row");
    a.answer(expiring(-1));
    assertThat(refreshed.join()).isTrue();
    assertThat(direct.call("EXISTS", KEY)).isEqualTo(":0\r\n");
  }

  private static Answer expiring(long millis) {
    long atNs = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    return new Answer.Hit(new byte[] {'r', 'o', 'w'}, true, atNs);
  }

  @Test
  void refresh_anotherHasTheLease_doesNothing() throws IOException {
    nodes();
    direct.call("SET", KEY, "old");
    CompletableFuture<Boolean> refreshed = a.refresh(KEY, "old");
    a.awaitAsked();
    assertThat(b.refresh(KEY, "old").join()).isFalse();
    assertThat(b.asked).isEmpty();
    a.answer("new");
    assertThat(refreshed.join()).isTrue();
  }

  @Test
  void refresh_setMeanwhile_leavesWhatWasSet() throws IOException {
    nodes();
    assertThat(refreshWhile("SET", KEY, "set")).isFalse();
    assertThat(direct.call("GET", KEY)).isEqualTo("$3\r\nset\r\n");
  }

  @Test
  void refresh_deletedMeanwhile_leavesItDeleted() throws IOException {
    nodes();
    assertThat(refreshWhile("DEL", KEY)).isFalse();
    assertThat(direct.call("EXISTS", KEY)).isEqualTo(":0\r\n");
  }

  /**
   * A write through a sidecar that puts the very same bytes: its row is newer than what was read.
   */
  @Test
  void refresh_leaseBrokenMeanwhile_leavesTheSameBytesAlone() throws IOException {
    nodes();
    assertThat(refreshWhile("DEL", LEASE)).isFalse();
    assertThat(direct.call("GET", KEY)).isEqualTo("$3\r\nold\r\n");
  }

  @Test
  void refresh_noRow_deletesAndMarks() throws IOException {
    nodes();
    direct.call("SET", KEY, "old");
    CompletableFuture<Boolean> refreshed = a.refresh(KEY, "old");
    a.answer((String) null);
    assertThat(refreshed.join()).isTrue();
    assertThat(direct.call("EXISTS", KEY)).isEqualTo(":0\r\n");
    assertThat(FillNode.value(b.get(KEY))).isNull();
    assertThat(b.asked).isEmpty();
  }

  @Test
  void refresh_noRow_setMeanwhile_leavesWhatWasSet() throws IOException {
    nodes();
    direct.call("SET", KEY, "old");
    CompletableFuture<Boolean> refreshed = a.refresh(KEY, "old");
    a.awaitAsked();
    direct.call("SET", KEY, "set");
    a.answer((String) null);
    assertThat(refreshed.join()).isFalse();
    assertThat(direct.call("GET", KEY)).isEqualTo("$3\r\nset\r\n");
    assertThat(direct.call("EXISTS", LEASE)).isEqualTo(":0\r\n");
  }

  private boolean refreshWhile(String... write) throws IOException {
    direct.call("SET", KEY, "old");
    CompletableFuture<Boolean> refreshed = a.refresh(KEY, "old");
    a.awaitAsked();
    direct.call(write);
    a.answer("new");
    return refreshed.join();
  }

  private long millis(String key) throws IOException {
    return Long.parseLong(direct.call("PTTL", key).substring(1).strip());
  }

  private String idOf(String name) throws IOException {
    return direct
        .call("CLIENT", "LIST")
        .lines()
        .filter(line -> line.contains(" name=" + name + " "))
        .map(line -> line.replaceAll(".*\\bid=(\\d+) .*", "$1"))
        .findFirst()
        .orElseThrow();
  }
}

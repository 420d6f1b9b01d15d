package dev.nearside.proxy.tier.redis;

import static dev.nearside.proxy.tier.redis.OutboxClusterScene.PARTITION;
import static dev.nearside.proxy.tier.redis.OutboxClusterScene.slot;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.scene.SlotMove;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.tier.database.OutboxRows.Taken;
import dev.nearside.proxy.tier.redis.DeadLetters.Letter;
import dev.nearside.proxy.tier.redis.OutboxFeed.Batch;
import dev.nearside.proxy.tier.redis.OutboxFeed.Item;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The outboxes of a cluster's slots, and who drains them to the database. */
final class OutboxClusterIT {
  private static final int MOVING =
      slot(OutboxClusterScene.notes(1, OutboxClusterScene::isOfThePartition).getFirst());

  private static RedisCluster cluster;
  private static OutboxClusterScene scene;

  @BeforeAll
  static void start() throws IOException {
    cluster = RedisCluster.plan(3, 0).nodeTimeoutMs(10_000).start();
    scene = new OutboxClusterScene(cluster);
  }

  @AfterAll
  static void stop() {
    scene.close();
    cluster.close();
  }

  @AfterEach
  void clear() throws IOException {
    for (RedisNode node : cluster.primaries()) { // where a test has failed
      node.call("CLUSTER", "SETSLOT", "" + MOVING, "STABLE");
    }
    scene.clear();
  }

  @Test
  void whatIsWrittenInManySlots_arrivesOnce_whoeverDrains() throws Exception {
    scene.drain();
    scene.drain();
    List<Integer> ids = OutboxClusterScene.notes(400, slot -> true);
    for (int id : ids) {
      scene.write(id, "text");
    }
    Waiting.until("all is drained", () -> scene.pending(ids) == 0);
    assertThat(scene.server.count("SELECT count(*) FROM note WHERE body = 'text'")).isEqualTo(400);
    assertThat(scene.applied()).isEqualTo(400);
  }

  @Test
  void whoWasOvertaken_neitherSealsNorCommitsNorMarksAnything() throws Exception {
    List<Integer> ids = writeInPartition(20);
    OutboxFeed stale = scene.feed();
    Taken before = begin(stale);
    Batch old = stale.seal(before.epoch(), 1024);
    assertThat(old.items()).hasSize(20);

    OutboxFeed fresh = scene.feed();
    Taken after = begin(fresh);
    Batch sealed = fresh.seal(after.epoch(), 1024);
    assertThat(sealed.items()).hasSize(20);
    assertThatThrownBy(() -> stale.seal(before.epoch(), 1024))
        .isInstanceOfSatisfying(
            LostLeaseException.class, e -> assertThat(e.epoch()).isEqualTo(after.epoch()));
    assertThat(commit(before, old)).isFalse();
    assertThatThrownBy(() -> stale.drained(old.round())).isInstanceOf(LostLeaseException.class);
    Item item = old.items().getFirst();
    assertThatThrownBy(() -> stale.bury(old.round(), item, "no", 10))
        .isInstanceOf(LostLeaseException.class);
    assertThat(scene.pending(ids)).isEqualTo(20);

    assertThat(commit(after, sealed)).isTrue();
    fresh.drained(sealed.round());
    assertThat(scene.pending(ids)).isZero();
    assertThat(scene.applied()).isEqualTo(20);
  }

  @Test
  void sealThatComesLate_inTheSameEpoch_isRefused() throws Exception {
    writeInPartition(1);
    OutboxFeed late = scene.feed();
    OutboxFeed feed = scene.feed();
    Taken taken = begin(feed);
    feed.seal(taken.epoch(), 1024);
    Batch second = feed.seal(taken.epoch(), 1024);
    late.begin(null);
    for (int round = 1; round <= 2; round++) { // as if it were the first of feed, then the second
      assertThatThrownBy(() -> late.seal(taken.epoch(), 1024))
          .isInstanceOf(LostLeaseException.class);
    }
    assertThat(commit(taken, second)).isTrue();
    feed.drained(second.round());
  }

  @Test
  void goneBetweenCommitAndDrained_theNextOneSettlesIt_andNothingIsCommittedTwice()
      throws Exception {
    List<Integer> ids = writeInPartition(60);
    Set<Integer> primaries = new HashSet<>();
    for (int id : ids) {
      primaries.add(cluster.primaryOf(slot(id)).port());
    }
    assertThat(primaries).hasSize(2);
    OutboxFeed gone = scene.feed();
    Taken taken = begin(gone);
    Batch batch = gone.seal(taken.epoch(), 1024);
    assertThat(batch.items()).hasSize(60);
    assertThat(commit(taken, batch)).isTrue();
    int since = ids.getFirst();
    scene.append(since, "newer");

    OutboxFeed next = scene.feed();
    Taken again = begin(next);
    assertThat(scene.pending(ids)).isEqualTo(1);
    Batch rest = next.seal(again.epoch(), 1024);
    assertThat(rest.items()).hasSize(1);
    assertThat(commit(again, rest)).isTrue();
    next.drained(rest.round());
    assertThat(scene.applied()).isEqualTo(61);
    assertThat(scene.server.count("SELECT count(*) FROM note WHERE body = 'newer'")).isEqualTo(1);
  }

  @Test
  void slotOnItsWay_losesNothing_andIsDrainedWhenItIsThere() throws Exception {
    int slot = MOVING;
    List<Integer> moving = OutboxClusterScene.notes(6, each -> each == slot);
    for (int id : moving) {
      scene.write(id, "moving");
    }
    SlotMove move = cluster.beginMove(slot, otherThan(slot));
    move.migrateKey(pendingName(moving.getFirst()));
    move.migrateKey(pendingName(moving.get(3)));
    scene.drain();
    List<Integer> others =
        OutboxClusterScene.notes(
            30, each -> each != slot && OutboxClusterScene.isOfThePartition(each));
    for (int id : others) {
      scene.write(id, "staying");
    }
    Waiting.until("the others are drained", () -> scene.pending(others) == 0);
    assertThat(scene.server.count("SELECT count(*) FROM note WHERE body = 'moving'")).isZero();
    move.end();
    cluster.awaitSettled();
    Waiting.until("the slot is drained", () -> scene.pending(moving) == 0);
    assertThat(scene.server.count("SELECT count(*) FROM note WHERE body = 'moving'")).isEqualTo(6);
    assertThat(scene.applied()).isEqualTo(36);
  }

  @Test
  void slotThatLeavesBetweenCommitAndDrained_isMarkedWhole_whenItIsThere() throws Exception {
    int slot = MOVING;
    List<Integer> moving = OutboxClusterScene.notes(6, each -> each == slot);
    for (int id : moving) {
      scene.write(id, "moving");
    }
    OutboxFeed feed = scene.feed();
    Taken taken = begin(feed);
    Batch batch = feed.seal(taken.epoch(), 1024);
    assertThat(commit(taken, batch)).isTrue();
    SlotMove move = cluster.beginMove(slot, otherThan(slot));
    move.migrateKey(pendingName(moving.get(3)));
    assertThatThrownBy(() -> feed.drained(batch.round())).isInstanceOf(IOException.class);
    assertThat(scene.depth(moving.getFirst())).isEqualTo(6);
    assertThatThrownBy(() -> begin(scene.feed())).isInstanceOf(IOException.class);

    move.end();
    cluster.awaitSettled();
    scene.links.doubt();
    scene.drain();
    Waiting.until("the slot is drained", () -> scene.depth(moving.getFirst()) == 0);
    assertThat(scene.pending(moving)).isZero();
    assertThat(scene.applied()).isEqualTo(6);
  }

  @Test
  void nothingToDo_onlyListsAreRead_andWhatIsOldLeavesThem() throws Exception {
    List<Integer> ids = writeInPartition(10);
    scene.drain();
    Waiting.until("all is drained", () -> scene.pending(ids) == 0);
    Waiting.until("nothing is looked into any more", () -> !looksIntoStreams());
    for (int id : ids) {
      assertThat(list("ZADD", "XX", "CH", "1000", "" + slot(id))).isPositive();
    }
    Waiting.until("the list is empty", () -> list("ZCARD") == 0);
  }

  /** Whether a stream is read while lists are, some times. */
  private static boolean looksIntoStreams() throws IOException {
    for (RedisNode node : cluster.primaries()) {
      node.ask("CONFIG", "RESETSTAT");
    }
    Waiting.until("the lists are read", () -> calls("zrange") > 160);
    return calls("xrange") + calls("xlen") + calls("getrange") > 0;
  }

  private static long calls(String command) throws IOException {
    long calls = 0;
    for (RedisNode node : cluster.primaries()) {
      for (String line : node.ask("INFO", "commandstats").getFirst().lines().toList()) {
        String start = "cmdstat_" + command + ":calls=";
        if (line.startsWith(start)) {
          calls += Long.parseLong(line.substring(start.length(), line.indexOf(',')));
        }
      }
    }
    return calls;
  }

  @Test
  void listThatWasLost_isNotNeeded() throws Exception {
    List<Integer> ids = writeIn(10, OutboxClusterScene::isAtTheBeginOfThePartition);
    assertThat(list("DEL")).isEqualTo(1);
    scene.drain();
    Waiting.until("all is drained", () -> scene.pending(ids) == 0);
  }

  @Test
  void fullServers_areDrained() throws Exception {
    List<Integer> ids = writeInPartition(10);
    OutboxFeed feed = scene.feed();
    assertThat(feed.lease().belongsTo(begin(feed).home())).isTrue(); // from when it was not full
    for (RedisNode node : cluster.primaries()) {
      node.ask("CONFIG", "SET", "maxmemory", "1");
    }
    try {
      scene.drain();
      Waiting.until("all is drained", () -> scene.pending(ids) == 0);
    } finally {
      for (RedisNode node : cluster.primaries()) {
        node.ask("CONFIG", "SET", "maxmemory", "0");
      }
    }
  }

  @Test
  void batchOfAnOlderBuild_isSettled() throws Exception {
    List<Integer> ids = writeInPartition(1);
    OutboxFeed feed = scene.feed();
    Taken taken = begin(feed);
    Batch batch = feed.seal(taken.epoch(), 1024);
    assertThat(commit(taken, batch)).isTrue();
    int slot = slot(ids.getFirst());
    byte[] name = scene.keys().batch(slot);
    SlotCalls calls = new SlotCalls(scene.links);
    byte[] sealed = SlotCalls.await(calls.ask(slot, redis -> redis.get(name)));
    byte[] old = new byte[sealed.length - OutboxScripts.NUMBER_DIGITS];
    int named = Round.NAME_BYTES;
    System.arraycopy(sealed, 0, old, 0, named);
    System.arraycopy(sealed, named + OutboxScripts.NUMBER_DIGITS, old, named, old.length - named);
    String said = SlotCalls.await(calls.ask(slot, redis -> redis.set(name, old)));
    assertThat(said).isEqualTo("OK");
    feed.drained(batch.round());
    assertThat(scene.pending(ids)).isZero();
  }

  @Test
  void redisThatRemembersAHigherEpoch_isDrained() throws Exception {
    List<Integer> ids = writeInPartition(3);
    OutboxFeed feed = scene.feed();
    begin(feed);
    assertThat(feed.seal(1_000_000, 1024).items()).hasSize(3);
    scene.server.execute("DELETE FROM nearside.outbox"); // as if it were restored
    scene.drain();
    Waiting.until("all is drained", () -> scene.pending(ids) == 0);
  }

  @Test
  void whatTheDatabaseNeverTakes_isPutAsideInItsSlot() throws Exception {
    List<Integer> ids = writeInPartition(20);
    scene.append(ids.get(7), "forbidden");
    scene.append(ids.get(12), "forbidden");
    scene.drain();
    Waiting.until("all is drained", () -> scene.pending(ids) == 0);
    assertThat(scene.server.count("SELECT count(*) FROM note WHERE body = 'text'")).isEqualTo(18);
    DeadLetters letters = new DeadLetters(scene.links);
    List<Letter> dead = new ArrayList<>(letters.list("note", 10).get(10, TimeUnit.SECONDS));
    assertThat(dead)
        .extracting(each -> new String(each.key(), UTF_8))
        .containsExactlyInAnyOrder("note:" + ids.get(7), "note:" + ids.get(12));
    assertThat(dead.getFirst().id()).matches("\\d+/\\d+-\\d+");
    assertThat(did(letters.drop("note", "5-1".getBytes(UTF_8)))).isFalse();
    assertThat(did(letters.drop("note", dead.get(1).id().getBytes(UTF_8)))).isTrue();
    scene.server.execute("ALTER TABLE note DROP CONSTRAINT note_body_check");
    assertThat(did(letters.replay("note", dead.getFirst().id().getBytes(UTF_8)))).isTrue();
    Waiting.until(
        "it is drained",
        () -> scene.server.count("SELECT count(*) FROM note WHERE body = 'forbidden'") == 1);
    assertThat(letters.list("note", 10).get(10, TimeUnit.SECONDS)).isEmpty();
    scene.server.execute("TRUNCATE note", "ALTER TABLE note ADD CHECK (body <> 'forbidden')");
  }

  private static boolean did(Future<Boolean> answer) throws Exception {
    return answer.get(10, TimeUnit.SECONDS);
  }

  private static List<Integer> writeInPartition(int count) throws IOException {
    return writeIn(count, OutboxClusterScene::isOfThePartition);
  }

  private static List<Integer> writeIn(int count, IntPredicate slots) throws IOException {
    List<Integer> ids = OutboxClusterScene.notes(count, slots);
    for (int id : ids) {
      scene.write(id, "text");
    }
    return ids;
  }

  private static Taken begin(OutboxFeed feed) throws Exception {
    Taken taken = scene.rows.takeOver(scene.namespace, feed.partition().row(), 0);
    byte @Nullable [] last = taken.batch();
    feed.begin(last == null ? null : Round.of(last));
    return taken;
  }

  private static boolean commit(Taken taken, Batch batch) throws Exception {
    return scene.rows.commit(
        scene.namespace,
        Partition.of(SideNames.IN_SLOTS, "note").get(PARTITION).row(),
        taken.epoch(),
        batch.round().bytes(),
        batch.items().stream().map(Item::key).toList(),
        batch.items().stream().map(Item::state).toList());
  }

  private static RedisNode otherThan(int slot) throws IOException {
    RedisNode owner = cluster.primaryOf(slot);
    return cluster.primaries().stream().filter(each -> each != owner).findFirst().orElseThrow();
  }

  private static String pendingName(int id) {
    return new String(SideNames.IN_SLOTS.pending(OutboxClusterScene.key(id)), UTF_8);
  }

  /** Says a command of the partition's list that is answered by a number. */
  private static long list(String command, String... rest) throws IOException {
    Partition partition = Partition.of(SideNames.IN_SLOTS, "note").get(PARTITION);
    List<String> words =
        new ArrayList<>(List.of(command, new String(scene.keys().wakes(partition), UTF_8)));
    words.addAll(List.of(rest));
    RedisNode node = cluster.primaryOf(partition.anchor());
    return Long.parseLong(node.ask(words.toArray(String[]::new)).getFirst());
  }
}

package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.scene.PostgresServer;
import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RedisNode;
import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.database.DatabaseWriter;
import dev.nearside.proxy.tier.database.OutboxRows;
import dev.nearside.proxy.write.OutboxDrain;
import io.lettuce.core.ScriptOutputType;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Three primaries, a PostgreSQL, and who drains from the former to the latter. */
final class OutboxClusterScene implements AutoCloseable {
  /** One whose slots are of two primaries. */
  static final int PARTITION = 5;

  static final String NAME = "note";
  static final Duration TTL = Duration.ofMinutes(10);

  final RedisCluster cluster;
  final PostgresServer server = PostgresServer.start();
  final TestingLinks links;
  final OutboxRows rows;
  final Namespace namespace;
  private final DatabaseTier tier;
  private final DatabaseWriter writer;
  private final OutboxKeys keys = new OutboxKeys(SideNames.IN_SLOTS, NAME);
  private final List<OutboxDrain> drains = new ArrayList<>();
  private final SecureRandom random = new SecureRandom();

  OutboxClusterScene(RedisCluster cluster) {
    this.cluster = cluster;
    server.execute(
        "CREATE TABLE note (id bigint PRIMARY KEY, body text, CHECK (body <> 'forbidden'))",
        "CREATE TABLE applied (n bigserial, id bigint, body text)",
        """
        CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO applied (id, body) VALUES (NEW.id, NEW.body); RETURN NEW; END $$
        """,
        "CREATE TRIGGER logged AFTER INSERT OR UPDATE ON note"
            + " FOR EACH ROW EXECUTE FUNCTION log()");
    links = new TestingLinks(cluster);
    namespace =
        Namespace.of(
            new NearsideConfig.Namespace(
                NAME, "note:{id:bigint}", TTL, TTL, TTL, false, TTL, List.of(), read()));
    tier =
        new DatabaseTier(
            new DatabaseTier.Settings(
                server.jdbcUrl(), PostgresServer.USER, null, 4, Duration.ofSeconds(20), 100, 1000),
            List.of(namespace),
            new Metrics(new CollectorRegistry(), List.of()));
    tier.awaitCheck();
    writer = Objects.requireNonNull(tier.writer(Integer.MAX_VALUE));
    rows = writer.outbox();
  }

  private static NearsideConfig.DatabaseRead read() {
    return new NearsideConfig.DatabaseRead(
        new DatabaseRows.Table(null, NAME),
        "body",
        NearsideConfig.WhenUnavailable.ERROR,
        NearsideConfig.WriteMode.BEHIND,
        NearsideConfig.Durability.WEAKER,
        100);
  }

  /** Empties all, and ends those who drain. */
  void clear() throws IOException {
    drains.forEach(OutboxDrain::close);
    drains.clear();
    server.execute("TRUNCATE note", "TRUNCATE applied", "DELETE FROM nearside.outbox");
    for (RedisNode node : cluster.primaries()) {
      node.ask("FLUSHALL");
    }
  }

  /** Starts a sidecar's drains. */
  void drain() {
    OutboxDrain.Counters counters =
        new OutboxDrain.Counters(new LongAdder(), new LongAdder(), new LongAdder());
    for (Partition partition : Partition.of(SideNames.IN_SLOTS, NAME)) {
      OutboxDrain drain =
          new OutboxDrain(namespace, new OutboxFeed(links, partition), rows, counters);
      drains.add(drain);
      drain.start();
    }
  }

  /** Returns what one sidecar takes out of the partition. */
  OutboxFeed feed() {
    return new OutboxFeed(links, Partition.of(SideNames.IN_SLOTS, NAME).get(PARTITION));
  }

  /** Returns {@code count} notes in slots that are so. */
  static List<Integer> notes(int count, IntPredicate slots) {
    return IntStream.iterate(1, id -> id + 1)
        .filter(id -> slots.test(slot(id)))
        .limit(count)
        .boxed()
        .toList();
  }

  static boolean isOfThePartition(int slot) {
    return slot / 1024 == PARTITION;
  }

  /** Those are looked into first where nobody has announced any. */
  static boolean isAtTheBeginOfThePartition(int slot) {
    return isOfThePartition(slot) && slot % 1024 < 64;
  }

  static int slot(int id) {
    return RedisCluster.slotOf(NAME + ":" + id);
  }

  static byte[] key(int id) {
    return (NAME + ":" + id).getBytes(UTF_8);
  }

  /** Writes a note as a sidecar does. */
  void write(int id, String body) throws IOException {
    announce(id);
    append(id, body);
    announce(id); // who drains may have looked in between
  }

  private void announce(int id) throws IOException {
    Partition partition = Partition.of(NAME, slot(id));
    SlotCalls.await(new WakeList(new SlotCalls(links)).announce(partition, List.of(slot(id))));
  }

  /** As {@link #write}, and tells nobody. */
  void append(int id, String body) throws IOException {
    byte[] key = key(id);
    byte[] token = new byte[OutboxScripts.TOKEN_BYTES];
    random.nextBytes(token);
    List<byte[]> arguments = new ArrayList<>(List.of(token, new byte[0]));
    arguments.addAll(
        Outbox.state(
            new Outbox.Put(
                new Outbox.Place(key, NAME),
                100,
                new Outbox.Condition.None(),
                KeyState.of(body.getBytes(UTF_8)),
                TTL.toMillis(),
                TTL.toMillis())));
    Long said =
        SlotCalls.await(
            new SlotCalls(links)
                .run(
                    OutboxScripts.APPEND,
                    ScriptOutputType.INTEGER,
                    slot(id),
                    List.of(
                        key,
                        links.names().lease(key),
                        links.names().pending(key),
                        keys.stream(slot(id))),
                    arguments.toArray(byte[][]::new)));
    if (said < 1) {
      throw new IOException("a note was not written: " + said);
    }
  }

  /** Returns how many keys are pending in the slot of a note. */
  long depth(int id) throws IOException {
    byte[] stream = keys.stream(slot(id));
    return SlotCalls.await(new SlotCalls(links).ask(slot(id), redis -> redis.xlen(stream)));
  }

  /** Returns how many of the notes are pending. */
  long pending(List<Integer> ids) throws IOException {
    long pending = 0;
    for (int id : ids) {
      byte[] name = links.names().pending(key(id));
      pending += SlotCalls.await(new SlotCalls(links).ask(slot(id), redis -> redis.exists(name)));
    }
    return pending;
  }

  /** Returns the notes that were written at the database, those written twice twice. */
  long applied() {
    return server.count("SELECT count(*) FROM applied");
  }

  OutboxKeys keys() {
    return keys;
  }

  @Override
  public void close() {
    drains.forEach(OutboxDrain::close);
    writer.close();
    tier.close();
    links.close();
    server.close();
  }
}

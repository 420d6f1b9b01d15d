package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.invalidation.TagStore;
import dev.nearside.proxy.tier.Timer;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the sidecar does at Redis for rows of the database, at whoever has their keys. Thread-safe;
 * never blocks.
 */
public final class RowErrands {
  private final RowServers servers;
  private final int database;
  private volatile CapturedKeys captured = CapturedKeys.NONE;

  /**
   * @param database the upstream's own
   */
  RowErrands(RowServers servers, int database) {
    this.servers = servers;
    this.database = database;
  }

  /**
   * Starts the connections that only these need; they are closed with the others.
   *
   * @param withLeases whether readers are to wait for leases
   */
  public void start(boolean withLeases) {
    servers.start(withLeases);
  }

  /** Returns how keys' leases are named. */
  public SideNames names() {
    return servers.names();
  }

  /** Returns the leases of who has {@code key}, or null while he is not connected. */
  public @Nullable Leases leases(byte[] key) {
    RowServers.Server server = servers.of(servers.names().slotOf(key));
    return server == null ? null : server.administration().leases();
  }

  /** Asks for the leases gathered since the last call. */
  public void flushLeases() {
    for (RowServers.Server each : servers.all()) {
      Leases leases = each.administration().leases();
      if (leases != null) {
        leases.flush();
      }
    }
  }

  /** Many fills follow at once, until what this returns is run: they go together. */
  public Runnable beginFills() {
    List<Runnable> ends =
        servers.all().stream()
            .map(each -> each.administration().leases())
            .filter(leases -> leases != null)
            .map(Leases::beginFills)
            .toList();
    return () -> ends.forEach(Runnable::run);
  }

  /** Returns on how many connections readers wait for leases now. */
  public long watches() {
    return servers.all().stream().filter(each -> each.watch().isOpen()).count();
  }

  /** Which keys are captured; to be said before {@link #start}. */
  public void capture(CapturedKeys keys) {
    captured = keys;
    servers.capture(keys);
  }

  /** Returns the intents to write of this sidecar. */
  public WriteIntents intents() {
    return new WriteIntents(servers);
  }

  /**
   * Returns the outbox of keys that are written behind.
   *
   * @param timer runs what waits for a moment
   */
  public Outbox outbox(Timer timer) {
    return new Outbox(servers, timer);
  }

  /** Returns what outboxes have that the database never takes. */
  public DeadLetters deadLetters() {
    return new DeadLetters(servers);
  }

  /** Returns what is taken out of the outbox of a namespace, in each of its partitions. */
  public List<OutboxFeed> outboxFeeds(String namespace) {
    return Partition.of(servers.names(), namespace).stream()
        .map(each -> new OutboxFeed(servers, each))
        .toList();
  }

  /** Returns what is said of the upstream's settings that an outbox needs. */
  public DurabilityCheck durability() {
    return new DurabilityCheck(() -> servers.at(HashSlot.NONE));
  }

  /**
   * Returns what is known of everybody's outboxes; whoever has it looks now and then.
   *
   * @param own the namespaces that this sidecar writes behind
   */
  public KnownOutboxes knownOutboxes(List<String> own) {
    return new KnownOutboxes(servers.registry(database), own);
  }

  /** Returns what a reader of changes does at Redis now, or null while it is not connected. */
  public @Nullable CaptureLink captureLink() {
    CapturedKeys keys = captured;
    StatefulRedisConnection<byte[], byte[]> current =
        servers.at(servers.names().slotOf(keys.gate()));
    return current != null && current.isOpen() ? new CaptureLink(current, servers, keys) : null;
  }

  /** Returns the tags kept in Redis; asking fails, saying so, while it is not connected. */
  public TagStore tags() {
    return new TagSets(servers);
  }

  /** Returns the tags of results of cached queries; asking fails while Redis is not connected. */
  public ResultTags resultTags() {
    return new ResultTags(servers);
  }
}

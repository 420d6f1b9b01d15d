package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.security.TlsRefusal;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sidecar's own errands at a server: what COMMAND says, the leases of database fills.
 * Thread-safe; never blocks. It connects again by itself, at the pace of the sidecar's other
 * connections.
 */
public final class RedisAdministration implements EvictingRedis, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RedisAdministration.class);

  private final Connector connector;
  private final LeaseWatch leaseWatch;
  private final Consumer<List<Object>> commandTable;
  private final SideNames names;
  private final Runnable doubt;
  private final PacedTries tries;
  private volatile @Nullable StatefulRedisConnection<byte[], byte[]> connection;
  private volatile @Nullable Leases leases;
  private volatile @Nullable String nodeId;
  private volatile @Nullable String serverInfo;
  private volatile String said = "";
  private volatile CapturedKeys captured = CapturedKeys.NONE;
  private volatile boolean closed;

  /**
   * Creates an administration that is not yet connected.
   *
   * @param connector makes connections of RESP3, with automatic reconnect off
   * @param scheduler runs reconnects; stays the caller's
   * @param pace how often the upstream is tried, shared with other connections
   * @param leaseWatch where readers wait for the leases of others
   * @param commandTable told the reply of COMMAND after each connect, on an event loop; not told
   *     where the upstream refuses it
   */
  public RedisAdministration(
      Connector connector,
      ScheduledExecutorService scheduler,
      ConnectPace pace,
      LeaseWatch leaseWatch,
      Consumer<List<Object>> commandTable) {
    this(connector, scheduler, pace, leaseWatch, commandTable, SideNames.PLAIN, () -> {});
  }

  /**
   * As the other constructor.
   *
   * @param names how leases are named
   * @param doubt run when the server says that another is to be asked
   */
  RedisAdministration(
      Connector connector,
      ScheduledExecutorService scheduler,
      ConnectPace pace,
      LeaseWatch leaseWatch,
      Consumer<List<Object>> commandTable,
      SideNames names,
      Runnable doubt) {
    this.connector = connector;
    this.tries = new PacedTries(scheduler, pace);
    this.leaseWatch = leaseWatch;
    this.commandTable = commandTable;
    this.names = names;
    this.doubt = doubt;
  }

  /** Which keys are captured; to be said before {@link #start}. */
  public void capture(CapturedKeys keys) {
    captured = keys;
  }

  /** Returns the connection that there is, open or not, or null. */
  @Nullable StatefulRedisConnection<byte[], byte[]> connection() {
    return connection;
  }

  /** Starts connecting, and goes on until closed. */
  public void start() {
    tries.soon(this::connect);
  }

  private void connect() {
    if (closed) {
      return;
    }
    connector
        .connect()
        .whenComplete((made, failure) -> {
          if (made == null) {
            tellIfTooOld(TlsRefusal.words(failure));
            tries.failed();
            tries.later(this::connect);
          } else if (closed) {
            made.closeAsync();
          } else {
            connected(made);
          }
        });
  }

  @Override
  public boolean isOpen() {
    StatefulRedisConnection<byte[], byte[]> current = connection;
    return current != null && current.isOpen();
  }

  /** Returns the leases, or null while the upstream is not connected. */
  public @Nullable Leases leases() {
    StatefulRedisConnection<byte[], byte[]> current = connection;
    return current != null && current.isOpen() ? leases : null;
  }

  /**
   * What a key was read to be.
   *
   * @param value its value, or null where there is no such key
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Read(byte @Nullable [] value) {}

  /**
   * Reads a key in the upstream's own database, on a connection that L1 knows nothing of. Null, or
   * a failure, where it cannot be asked; completes on an event loop or on the caller's.
   */
  public CompletionStage<@Nullable Read> read(byte[] name) {
    StatefulRedisConnection<byte[], byte[]> current = connection;
    if (current == null || !current.isOpen()) {
      return CompletableFuture.completedFuture(null);
    }
    CompletionStage<byte @Nullable []> reply = current.async().get(name);
    return reply.thenApply(Read::new);
  }

  @Override
  public CompletionStage<Boolean> evictsByUse() {
    StatefulRedisConnection<byte[], byte[]> current = connection;
    if (current == null) {
      return CompletableFuture.completedFuture(false);
    }
    CompletionStage<String> memory = current.async().info("memory");
    return memory.thenApply(info ->
        !info.contains("maxmemory:0\r") && (info.contains("-lru\r") || info.contains("-lfu\r")));
  }

  @Override
  public CompletionStage<Long> touch(List<byte[]> names) {
    StatefulRedisConnection<byte[], byte[]> current = connection;
    return current == null
        ? CompletableFuture.completedFuture(0L)
        : current.async().touch(names.toArray(new byte[0][]));
  }

  private void connected(StatefulRedisConnection<byte[], byte[]> made) {
    tries.succeeded();
    long openedAtNs = System.nanoTime();
    AtomicBoolean lost = new AtomicBoolean();
    Leases given = new Leases(made, leaseWatch, captured, names, doubt);
    nodeId = null;
    serverInfo = null;
    leases = given;
    connection = made;
    made.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
            lost(made, given, lost, openedAtNs);
          }
        });
    learnNode(made, given);
    learnCommands(made);
    if (!made.isOpen()) {
      lost(made, given, lost, openedAtNs); // before the listener was there
    }
    if (closed) {
      made.closeAsync();
      given.flush();
    }
  }

  private void lost(
      StatefulRedisConnection<byte[], byte[]> gone,
      Leases given,
      AtomicBoolean before,
      long openedAtNs) {
    if (before.compareAndSet(false, true) && !closed) {
      tries.ended(openedAtNs);
      gone.closeAsync();
      given.flush(); // who has asked on it must be told
      tries.later(this::connect);
    }
  }

  private void learnNode(StatefulRedisConnection<byte[], byte[]> from, Leases given) {
    from.async()
        .info("server")
        .thenAccept(info -> {
          String reached = NodeId.of(info);
          given.reached(reached);
          nodeId = reached;
          serverInfo = info;
        });
  }

  /**
   * The sidecar's other connections have reached the node called {@code runId}. Gives its own up if
   * that is known to be to another one, which may live on behind the same address, and returns
   * whether it did.
   */
  boolean follow(String runId) {
    StatefulRedisConnection<byte[], byte[]> current = connection;
    String reached = nodeId;
    if (current == null || reached == null || reached.equals(runId)) {
      return false;
    }
    nodeId = null;
    current.closeAsync();
    return true;
  }

  private void learnCommands(StatefulRedisConnection<byte[], byte[]> from) {
    from.async()
        .command()
        .whenComplete((reply, failure) -> {
          tellVersion(reply);
          if (reply != null) {
            commandTable.accept(reply);
          } else if (failure instanceof RedisCommandTimeoutException && from.isOpen()) {
            tries.later(() -> learnCommands(from));
          } else {
            log.warn("COMMAND is refused, the built-in table stands in: {}", failure.getMessage());
          }
        });
  }

  /** COMMAND was answered, or refused; INFO, which was asked before it, too. */
  private void tellVersion(@Nullable List<Object> commands) {
    String info = serverInfo;
    if (info == null) {
      return; // refused: who may not ask is not told
    }
    UpstreamVersion version = UpstreamVersion.of(info, commands);
    if (isNews(version.words())) {
      log.info("upstream is {}", version.words());
      if (version.tracksUnasked()) {
        log.warn("{} is older than 6.2: it cannot be asked if it still tracks L1", version.name());
      }
    }
  }

  private void tellIfTooOld(String why) {
    if (why.contains("unknown command") && why.contains("HELLO") && isNews(why)) {
      log.error(
          "the upstream is older than Redis 6.0, or hides HELLO: without it nothing is relayed to"
              + " it, and nothing is held in L1");
    }
  }

  /** Told on one thread at a time: that of one connection after the other. */
  private boolean isNews(String words) {
    boolean isNews = !words.equals(said);
    said = words;
    return isNews;
  }

  @Override
  public void close() {
    closed = true;
    StatefulRedisConnection<byte[], byte[]> current = connection;
    if (current != null) {
      current.closeAsync();
    }
    Leases given = leases;
    if (given != null) {
      given.flush();
    }
  }
}

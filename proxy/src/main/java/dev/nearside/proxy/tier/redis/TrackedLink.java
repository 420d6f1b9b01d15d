package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.telemetry.GenerationEnd;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the upstream, from its making to its loss: the commands on it, their order, the
 * pushes between them, and the heartbeat. It is lost once, and not made again.
 *
 * <p>Lettuce decodes replies and pushes of one connection in stream order on one thread and calls
 * back from there; everything done to the {@link Shard} happens in those calls, so in the order of
 * the stream. Commands may be sent from any thread.
 */
final class TrackedLink implements RedisConnectionStateListener {
  /** Who made the link and will make the next one. */
  @FunctionalInterface
  interface Owner {
    /** {@code link} is lost; called once, on any thread. The owner closes its connection. */
    void lost(TrackedLink link, GenerationEnd end, String why);
  }

  private static final RedisCodec<byte[], byte[]> CODEC = ByteArrayCodec.INSTANCE;
  private static final List<String> PING = List.of("PING");

  private final StatefulRedisConnection<byte[], byte[]> connection;
  private final Shard shard;
  private final Owner owner;
  private final Heartbeat heartbeat;
  private final TrackedKeys keys;
  private final LinkChecks checks;
  private final ClockWatch clocks;
  private final RoundTrip roundTrip = new RoundTrip();
  private final @Nullable ClusterNode node;
  private final long pingIntervalNs;
  private final LookupKey lookup = new LookupKey();
  private final AtomicBoolean lost = new AtomicBoolean();
  private volatile boolean open;
  private volatile boolean gathered;
  private volatile long pingedAtNs;

  TrackedLink(
      StatefulRedisConnection<byte[], byte[]> connection,
      Shard shard,
      Owner owner,
      List<LinkCheck> checks,
      TrackedSettings settings,
      TrackedContext context) {
    this.connection = connection;
    this.shard = shard;
    this.owner = owner;
    this.heartbeat =
        new Heartbeat(context.scheduler(), settings.heartbeat(), settings.readTimeout());
    this.keys = new TrackedKeys(settings.maxTrackedKeys());
    this.checks = new LinkChecks(this, checks);
    this.clocks = new ClockWatch(context.clocks(), settings.maxStaleness());
    this.node = settings.node();
    this.pingIntervalNs = settings.heartbeat().toNanos();
    connection.addListener(new TrackedPushes(shard, keys));
    connection.addListener(this);
  }

  /** Closes the connection, after the loss. */
  void close() {
    connection.closeAsync();
  }

  TrackedKeys keys() {
    return keys;
  }

  LinkChecks checks() {
    return checks;
  }

  /** Returns whether its generation has opened. */
  boolean isOpen() {
    return open;
  }

  /** Its generation has opened: from now on commands are gathered until {@link #flush}. */
  void opened() {
    open = true;
    connection.setAutoFlushCommands(false);
  }

  boolean isLost() {
    return lost.get();
  }

  /** Sends what was gathered, if anything was. */
  void flush() {
    if (gathered) {
      gathered = false; // before: what is gathered from now on is for another flush, or in this one
      connection.flushCommands();
    }
  }

  private void send(TrackedCommand<?>... commands) {
    connection.dispatch(List.of(commands));
    gathered = true; // behind the commands: whoever sees it flushes the commands, too
  }

  /**
   * Sends GET and PTTL of {@code name}, gathered as one: no other thread's flush takes the first
   * along without the second, which could then be written before it.
   */
  void read(byte[] name, ReadListener listener) {
    long nowNs = System.nanoTime();
    TrackedCommand<byte[]> get =
        new TrackedCommand<>(
            this, CommandType.GET, new ValueOutput<>(CODEC), arguments(name), nowNs);
    TrackedCommand<Long> ttl =
        new TrackedCommand<>(
            this, CommandType.PTTL, new IntegerOutput<>(CODEC), arguments(name), nowNs) {
          @Override
          void answered() {
            keys.remembered(lookup.set(shard.database(), name).hashCode());
            if (get.succeeded() && succeeded()) {
              listener.read(get.get(), get());
            } else if (get.wasAnswered() && wasAnswered()) {
              refused(get);
              listener.refused();
            } else {
              listener.failed();
            }
          }

          @Override
          void unanswered() {
            listener.failed();
          }
        };
    send(get, ttl);
  }

  /** Returns the least time that a command takes; 0 while that is not known. */
  long roundTripNs() {
    return roundTrip.leastNs();
  }

  /**
   * Sends GETEX of {@code name} without options, gathered: a GET in the order of this stream that
   * the upstream does not remember, because it is flagged as a write. It changes nothing.
   *
   * @param listener told −1 for a TTL
   * @param unfit run where the upstream does not do this, or not now
   */
  void pass(byte[] name, ReadListener listener, Runnable unfit) {
    send(
        new TrackedCommand<>(
            this, CommandType.GETEX, new ValueOutput<>(CODEC), arguments(name), System.nanoTime()) {
          @Override
          void answered() {
            if (succeeded()) {
              listener.read(get(), -1);
              return;
            }
            String error = getOutput().getError();
            if (!error.startsWith("WRONGTYPE") && !ClusterNode.isElsewhere(error)) {
              unfit.run(); // unknown, or no writes now
            }
            refused(this);
            listener.refused();
          }

          @Override
          void unanswered() {
            unfit.run();
            listener.failed();
          }
        });
  }

  private void refused(TrackedCommand<?> read) {
    if (node != null && read.getOutput().hasError()) {
      node.refused(read.getOutput().getError());
    }
  }

  private static CommandArgs<byte[], byte[]> arguments(byte[] name) {
    return new CommandArgs<>(CODEC).addKey(name);
  }

  private static CommandArgs<byte[], byte[]> arguments(List<String> question) {
    CommandArgs<byte[], byte[]> rest = new CommandArgs<>(CODEC);
    question.subList(1, question.size()).forEach(rest::add);
    return rest;
  }

  /**
   * Asks something of the sidecar's own; gathered once the link is open.
   *
   * @param told hears the answer on the connection's thread, or nothing when the link is lost
   */
  void ask(List<String> question, Consumer<Told> told) {
    send(
        new TrackedCommand<>(
            this,
            CommandType.valueOf(question.getFirst()),
            new NestedMultiOutput<>(CODEC),
            arguments(question),
            System.nanoTime()) {
          @Override
          boolean showsOwnership() {
            return false;
          }

          @Override
          void answered() {
            measured(sentAtNs());
            told.accept(Told.of(getOutput().get(), getOutput().getError(), sentAtNs()));
          }
        });
  }

  /** Asks what a heartbeat asks; the answer is that of the shard's barrier. */
  void pingForBarrier() {
    send(
        new Ping(question()) {
          @Override
          void answered() {
            super.answered();
            if (!isLost()) {
              shard.barrierAnswered(sentAtNs());
            }
          }
        });
    flush();
  }

  /** Goes on for as long as the link lives: looks for what is wrong, and sends what is due. */
  void tick() {
    look(System.nanoTime());
    if (!isLost()) {
      heartbeat.next(this::tick);
    }
  }

  private void look(long nowNs) {
    String silence = heartbeat.silence(nowNs);
    if (silence != null) {
      lost(GenerationEnd.UNANSWERED, silence);
      return;
    }
    long apartMs = clocks.movedApartMs();
    if (apartMs != 0) {
      lost(
          GenerationEnd.CLOCK,
          "the wall clock moved " + apartMs + " ms further than monotonic time");
      return;
    }
    if (node != null && heartbeat.isLate(nowNs)) {
      node.doubt(); // another may be about to take its place
    }
    boolean asked = open && checks.askDue(nowNs);
    if (asked || isPingDue(nowNs)) {
      send(new Ping(question()));
      flush();
    }
  }

  /** In a cluster not every answer moves the clock. */
  private boolean isPingDue(long nowNs) {
    return heartbeat.isDue(nowNs) || (node != null && nowNs - pingedAtNs >= pingIntervalNs);
  }

  /** Returns what a heartbeat asks. */
  private List<String> question() {
    pingedAtNs = System.nanoTime();
    return node == null ? PING : node.question();
  }

  /** A command is about to be sent. */
  void sending(long nowNs) {
    heartbeat.sending(nowNs);
  }

  /** The answer to {@code command} has come: the staleness clock moves. */
  void received(TrackedCommand<?> command) {
    heartbeat.received();
    if (node == null || command.showsOwnership()) {
      shard.answered(command.sentAtNs());
    }
  }

  private void measured(long sentAtNs) {
    long nowNs = System.nanoTime();
    roundTrip.took(nowNs - sentAtNs, nowNs);
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
    lost(GenerationEnd.DISCONNECTED, "connection lost");
  }

  /** Gives the link up; only the first call counts. */
  void lost(GenerationEnd end, String why) {
    if (lost.compareAndSet(false, true)) {
      owner.lost(this, clocks.everMovedApart() ? GenerationEnd.CLOCK : end, why);
    }
  }

  /** Asks whether the node is there, and of one of a cluster whether it still is the one to ask. */
  private class Ping extends TrackedCommand<List<Object>> {
    Ping(List<String> question) {
      super(
          TrackedLink.this,
          CommandType.valueOf(question.getFirst()),
          new NestedMultiOutput<>(CODEC),
          arguments(question),
          System.nanoTime());
    }

    private Told told() {
      return Told.of(getOutput().get(), getOutput().getError(), sentAtNs());
    }

    @Override
    boolean showsOwnership() {
      return ClusterNode.fault(told()) == null;
    }

    @Override
    void answered() {
      measured(sentAtNs());
      if (node != null) {
        look(node, told());
      }
    }

    private void look(ClusterNode asked, Told told) {
      if (told.isForbidden()) {
        asked.stopProbing();
        checks.noteOff(ClusterNode.CHECK, String.valueOf(told.error()));
      }
      String fault = ClusterNode.fault(told);
      if (fault != null) {
        asked.doubt();
        lost(GenerationEnd.NODE, fault);
      }
    }
  }
}

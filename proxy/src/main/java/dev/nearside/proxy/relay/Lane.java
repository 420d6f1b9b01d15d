package dev.nearside.proxy.relay;

import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An upstream connection shared by the clients of one event loop, made when it is first needed and
 * made again when it was lost. Confined to its event loop.
 *
 * <p>Requests that come while it is being made wait, up to a bound. When it cannot be made they are
 * refused, and for a little while (jittered, doubling) everything is refused at once. When it is
 * lost, what was sent and not answered is lost with it.
 */
public final class Lane {
  private record Waiting(ByteBuf request, ReplySink sink) {}

  private static final Logger log = LoggerFactory.getLogger(Lane.class);
  private static final int MAX_WAITING = 10_000;
  private static final int MAX_WAITING_BYTES = 16 * 1024 * 1024;
  private static final long FIRST_BACKOFF_MS = 20;
  private static final long MAX_BACKOFF_MS = 1_000;

  private final EventLoop loop;
  private final Class<? extends Channel> channelType;
  private final UpstreamAddress address;
  private final LaneKey key;
  private final RelayListener listener;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private @Nullable UpstreamConnection connection;
  private @Nullable UpstreamConnection spare;
  private int waitingBytes;
  private int generation;
  private boolean open;
  private long backoffMs = FIRST_BACKOFF_MS;
  private long refuseUntilNs;
  private boolean refusing;

  Lane(
      EventLoop loop,
      Class<? extends Channel> channelType,
      UpstreamAddress address,
      LaneKey key,
      RelayListener listener) {
    this.loop = loop;
    this.channelType = channelType;
    this.address = address;
    this.key = key;
    this.listener = listener;
  }

  /**
   * Sends a copy of a whole request; it leaves when the loop has worked off what is readable now.
   */
  public void send(ByteBuf from, int start, int length, ReplySink sink) {
    UpstreamConnection current = connection;
    if (open && current != null) {
      current.send(from, start, length, sink);
      current.flushSoon();
      return;
    }
    if (isRefusing()) {
      sink.refused(Reason.DISCONNECTED);
    } else if (waiting.size() >= MAX_WAITING || waitingBytes + length > MAX_WAITING_BYTES) {
      sink.refused(Reason.SATURATED);
    } else {
      waiting.add(new Waiting(from.copy(start, length), sink));
      waitingBytes += length;
      connect();
    }
  }

  /** Returns whether the upstream takes what is sent; if not, more would only be kept in memory. */
  public boolean isWritable() {
    UpstreamConnection current = connection;
    return !open || current == null || current.isWritable();
  }

  /**
   * Returns a number that changes when the connection was set aside: what is sent now could be
   * executed before what was sent earlier and is not answered.
   */
  public int generation() {
    return generation;
  }

  /** Closes the connection; what is under way is lost. */
  public void close() {
    for (UpstreamConnection each : new UpstreamConnection[] {connection, spare}) {
      if (each != null) {
        each.close();
      }
    }
  }

  private boolean isRefusing() {
    if (refusing && System.nanoTime() - refuseUntilNs >= 0) {
      refusing = false;
    }
    return refusing;
  }

  private void connect() {
    if (connection != null) {
      return;
    }
    Greeting next = new Greeting(address, key.protocol(), key.database(), List.of());
    Observer observer = new Observer();
    UpstreamConnection made =
        UpstreamConnection.connect(loop, channelType, address, next, observer);
    observer.own = made;
    connection = made;
  }

  /**
   * What {@code busy} has to hand on may take long: whoever comes next shall not wait behind it. It
   * is set aside until it owes nothing, and another takes its place.
   */
  @SuppressWarnings("ReferenceEquality") // the very connection
  private void setAside(@Nullable UpstreamConnection busy) {
    if (busy != null && busy == connection) {
      busy.retire();
      generation++;
      connection = null;
      open = false;
      takeBack(spare);
    }
  }

  /** {@code settled} owes nothing any more: it serves again, or is the next to do so. */
  private void takeBack(@Nullable UpstreamConnection settled) {
    if (settled == null) {
      return;
    }
    spare = null;
    if (connection == null) {
      settled.revive();
      connection = settled;
      open = true;
    } else {
      spare = settled;
    }
  }

  private void opened(Greeting said) {
    open = true;
    backoffMs = FIRST_BACKOFF_MS;
    listener.connected(key.kind().name(), said.info());
    UpstreamConnection current = Objects.requireNonNull(connection);
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      current.send(next.request, 0, next.request.readableBytes(), next.sink);
      next.request.release();
    }
    waitingBytes = 0;
    current.flushSoon();
  }

  private void failed(String why) {
    connection = null;
    long delayMs = ThreadLocalRandom.current().nextLong(backoffMs / 2, backoffMs + 1);
    refuseUntilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs);
    refusing = true;
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    listener.failed(Reason.DISCONNECTED);
    log.debug("lane {} cannot be opened: {}", key, why);
    waitingBytes = 0;
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      next.request.release();
      next.sink.refused(Reason.DISCONNECTED);
    }
  }

  private final class Observer implements UpstreamConnection.Observer {
    private @Nullable UpstreamConnection own;
    private String info = "";

    @Override
    public void opened(Greeting said) {
      info = said.info();
      Lane.this.opened(said);
    }

    @Override
    public void failed(String why) {
      Lane.this.failed(why);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the very connection
    public void closed() {
      if (own == connection) {
        open = false;
        connection = null;
      } else if (own == spare) {
        spare = null;
      }
      listener.disconnected(key.kind().name(), info);
    }

    @Override
    public void busy() {
      setAside(own);
    }

    @Override
    public void settled() {
      if (connection == null || spare == null) {
        takeBack(own);
      } else {
        Objects.requireNonNull(own).close();
      }
    }

    @Override
    public boolean becomesPipe() {
      return false;
    }

    @Override
    public boolean isPush(byte type, ByteBuf in, int from, int to) {
      return type == '>';
    }

    @Override
    public void push(ByteBuf in, int from, int to, boolean first, boolean last) {
      log.debug("a push on lane {} was dropped", key);
    }

    @Override
    public void writabilityChanged(boolean writable) {}

    @Override
    public void readComplete() {}
  }
}

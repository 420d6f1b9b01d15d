package dev.nearside.proxy.relay;

import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
 * refused, and for a little while (jittered, doubling) everything is refused at once: on every lane
 * where the upstream cannot be reached, on this one where it refuses the greeting; unless only a
 * script keeps it from selecting its database, which they are told as Redis says it to every
 * request. When it is lost, what was sent and not answered is lost with it.
 *
 * <p>Of its connections one at most serves. What that has to hand on may take long: it is then set
 * aside until it owes nothing, and another serves; of those that come back one is kept in reserve.
 * Where no other can be made, what was set aside serves again: who waits behind a long reply is
 * better off than who is refused.
 */
public final class Lane {
  private record Waiting(ByteBuf request, ReplySink sink) {}

  private static final Logger log = LoggerFactory.getLogger(Lane.class);
  private static final int MAX_WAITING = 10_000;
  private static final int MAX_WAITING_BYTES = 16 * 1024 * 1024;
  private static final String SCRIPT_RUNS = "-BUSY";
  private static final long FIRST_BACKOFF_MS = 20;
  private static final long MAX_BACKOFF_MS = 1_000;

  private final Flushes flushes;
  private final UpstreamLink link;
  private final LaneKey key;
  private final RelayListener listener;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final Deque<UpstreamConnection> aside = new ArrayDeque<>(0);
  private final List<UpstreamConnection> leaving = new ArrayList<>(0);
  private @Nullable UpstreamConnection serving;
  private @Nullable UpstreamConnection making;
  private @Nullable UpstreamConnection spare;
  private int waitingBytes;
  private int generation;
  private int era;
  private long backoffMs = FIRST_BACKOFF_MS;
  private long refuseUntilNs;
  private boolean refusing;

  Lane(Flushes flushes, LaneKey key) {
    this.flushes = flushes;
    this.link = key.node().link();
    this.key = key;
    this.listener = key.node().listener();
  }

  /**
   * Sends a copy of a whole request; it leaves when the loop has worked off what is readable now.
   */
  public void send(ByteBuf from, int start, int length, ReplySink sink) {
    if (serving == null && making == null && isRefusing()) {
      serveAgain();
    }
    UpstreamConnection current = serving;
    if (current != null) {
      current.send(from, start, length, sink);
      current.flushSoon();
      return;
    }
    if (making == null && (isRefusing() || !link.pace().tryEnter(System.nanoTime()))) {
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
    UpstreamConnection current = serving;
    return current == null || current.isWritable();
  }

  /**
   * Returns a number that changes when the connection was set aside: what is sent now could be
   * executed before what was sent earlier and is not answered.
   */
  public int generation() {
    return generation;
  }

  /**
   * Has what is sent from now on go over a connection that is made anew; those there are end when
   * they owe nothing.
   */
  void renew() {
    era++;
    leaving.addAll(aside);
    aside.clear();
    for (UpstreamConnection old : new UpstreamConnection[] {serving, spare}) {
      if (old != null && old.owesNothing()) {
        old.close();
      } else if (old != null) {
        old.retire();
        leaving.add(old);
      }
    }
    spare = null;
    serving = null;
    generation++;
  }

  /** The upstream is elsewhere from now on: what is under way is lost, what waits goes there. */
  void move() {
    refusing = false;
    backoffMs = FIRST_BACKOFF_MS;
    List<UpstreamConnection> all = connections();
    if (all.stream().noneMatch(each -> each.isElsewhere(link))) {
      return; // it has found its way there already
    }
    era++;
    generation++;
    aside.clear();
    leaving.clear();
    serving = null;
    spare = null; // what is being made says itself that it is gone
    all.forEach(UpstreamConnection::close);
  }

  /** Closes its connections; what is under way is lost. */
  public void close() {
    connections().forEach(UpstreamConnection::close);
  }

  private List<UpstreamConnection> connections() {
    List<UpstreamConnection> all = new ArrayList<>(aside);
    all.addAll(leaving);
    for (UpstreamConnection each : new UpstreamConnection[] {serving, making, spare}) {
      if (each != null) {
        all.add(each);
      }
    }
    return all;
  }

  private boolean isRefusing() {
    if (refusing && System.nanoTime() - refuseUntilNs >= 0) {
      refusing = false;
    }
    return refusing || !link.isPlaceKnown() || link.pace().waitNs(System.nanoTime()) > 0;
  }

  private void connect() {
    if (making == null) {
      Greeting next = new Greeting(link, key.protocol(), key.database(), List.of());
      Observer observer = new Observer();
      UpstreamConnection made = UpstreamConnection.connect(flushes, link, next, observer);
      observer.own = made;
      making = made;
    }
  }

  /** {@code next} serves from now on, first those who have been waiting. */
  private void serve(UpstreamConnection next) {
    next.revive();
    serving = next;
    for (Waiting first = waiting.poll(); first != null; first = waiting.poll()) {
      next.send(first.request, 0, first.request.readableBytes(), first.sink);
      first.request.release();
    }
    waitingBytes = 0;
    next.flushSoon();
  }

  /**
   * What {@code busy} has to hand on may take long: whoever comes next shall not wait behind it,
   * unless it was just seen that there is nothing else.
   */
  @SuppressWarnings("ReferenceEquality") // the very connection
  private void setAside(UpstreamConnection busy) {
    if (busy != serving || (spare == null && isRefusing())) {
      return;
    }
    busy.retire();
    aside.addLast(busy);
    generation++;
    serving = null;
    serveBySpare();
  }

  private void serveBySpare() {
    UpstreamConnection next = spare;
    if (next != null) {
      spare = null;
      serve(next);
    }
  }

  /** {@code idle} owes nothing: it serves, or is the next to do so, or is one too many. */
  private void takeIn(UpstreamConnection idle) {
    if (serving == null) {
      serve(idle);
    } else if (spare == null) {
      spare = idle;
    } else {
      idle.close();
    }
  }

  private void failed(String why) {
    making = null;
    listener.failed(Reason.DISCONNECTED);
    log.debug("lane {} cannot be opened: {}", key, why);
    boolean scriptRuns = why.startsWith(SCRIPT_RUNS);
    if (!scriptRuns) {
      backOff();
    }
    if (serving == null) {
      serveAgain();
    }
    refuseWaiting(scriptRuns ? why : null);
  }

  private void refuseWaiting(@Nullable String words) {
    waitingBytes = 0;
    for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
      next.request.release();
      if (words == null) {
        next.sink.refused(Reason.DISCONNECTED);
      } else {
        answer(next.sink, words);
      }
    }
  }

  private static void answer(ReplySink sink, String line) {
    byte[] reply = (line + "\r\n").getBytes(StandardCharsets.UTF_8);
    sink.reply(Unpooled.wrappedBuffer(reply), 0, reply.length, true, true);
  }

  private void backOff() {
    long delayMs = ThreadLocalRandom.current().nextLong(backoffMs / 2, backoffMs + 1);
    refuseUntilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMs);
    refusing = true;
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
  }

  /** No other can be made: what was set aside last, if anything, has to do. */
  private void serveAgain() {
    UpstreamConnection last = aside.pollLast();
    if (last != null) {
      serve(last);
    }
  }

  /** One that had been open has ended. */
  @SuppressWarnings("ReferenceEquality") // the very connection
  private void closed(UpstreamConnection ended) {
    aside.remove(ended);
    leaving.remove(ended);
    if (ended == spare) {
      spare = null;
    } else if (ended == serving) {
      serving = null;
      serveBySpare();
    }
  }

  private final class Observer implements UpstreamConnection.Observer {
    private final int madeIn = era;
    private @Nullable UpstreamConnection own;
    private String info = "";

    @Override
    public void opened(Greeting said) {
      making = null;
      backoffMs = FIRST_BACKOFF_MS;
      info = said.info();
      listener.connected(key.kind().name(), info);
      UpstreamConnection made = Objects.requireNonNull(own);
      if (madeIn == era) {
        takeIn(made);
        return;
      }
      made.close();
      superseded();
    }

    @Override
    public void failed(String why) {
      if (madeIn == era) {
        Lane.this.failed(why);
      } else {
        superseded();
      }
    }

    /** It was begun before the lane was renewed or moved: who waits gets another. */
    private void superseded() {
      making = null;
      if (!waiting.isEmpty()) {
        connect();
      }
    }

    @Override
    public void closed() {
      Lane.this.closed(Objects.requireNonNull(own));
      listener.disconnected(key.kind().name(), info);
    }

    @Override
    public void busy() {
      setAside(Objects.requireNonNull(own));
    }

    @Override
    public void settled() {
      UpstreamConnection idle = Objects.requireNonNull(own);
      if (leaving.remove(idle)) {
        idle.close();
      } else if (aside.remove(idle)) {
        takeIn(idle);
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

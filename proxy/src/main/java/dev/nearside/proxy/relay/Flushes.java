package dev.nearside.proxy.relay;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Who has something to send, on one event loop: each is flushed once, when the loop has worked off
 * all that is readable now. Confined to that loop.
 *
 * <p>Sockets that are written to one after the other cost less than sockets that are written to
 * between reads: the peer of the first wakes once, and finds the others' bytes when it has worked
 * off its own. What several clients ask of one upstream connection leaves in one write.
 */
public final class Flushes {
  /** A connection that gathers what it sends. */
  public interface Sender {
    /** Sends what was gathered. What it throws goes to the handlers of {@link #channel()}. */
    void flush();

    /** Returns what it sends to. */
    Channel channel();
  }

  private final EventLoop loop;
  private final Runnable last;
  private final Runnable round = this::flush;
  private List<Sender> due = new ArrayList<>();
  private List<Sender> flushing = new ArrayList<>();
  private boolean scheduled;

  /**
   * Creates the flushes of {@code loop}.
   *
   * @param last run at the end of each round, whoever took part
   */
  public Flushes(EventLoop loop, Runnable last) {
    this.loop = loop;
    this.last = last;
  }

  /** Returns whose they are. */
  public EventLoop loop() {
    return loop;
  }

  /** Lets {@code sender}, which is not due yet, take part in the next round. */
  public void add(Sender sender) {
    due.add(sender);
    if (!scheduled) {
      scheduled = true;
      loop.execute(round);
    }
  }

  private void flush() {
    scheduled = false;
    List<Sender> now = due;
    due = flushing;
    flushing = now;
    for (int i = 0; i < now.size(); i++) {
      flush(now.get(i));
    }
    now.clear();
    last.run();
  }

  /** A fault in one must not keep the others from being flushed. */
  private static void flush(Sender sender) {
    try {
      sender.flush();
    } catch (RuntimeException | OutOfMemoryError e) {
      sender.channel().pipeline().fireExceptionCaught(e);
    }
  }
}

package dev.nearside.proxy.history;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A subscriber to an arena's channel through one sidecar; listens in a thread of its own. */
final class Listener implements AutoCloseable {
  private static final long BETWEEN_CONNECTS_NS = 20_000_000;

  private final int sidecar;
  private final Player.Way way;
  private final String channel;
  private final AtomicReference<@Nullable Round> round = new AtomicReference<>();
  private volatile @Nullable Wire wire;
  private volatile boolean closed;

  Listener(int sidecar, Player.Way way, String channel) {
    this.sidecar = sidecar;
    this.way = way;
    this.channel = channel;
    Thread.ofVirtual().name("listener").start(this::listen);
  }

  /** Notes what it hears as part of this round from now on. */
  void attend(Round next) {
    round.set(next);
  }

  private void listen() {
    while (!closed) {
      try (Wire current = way.connect()) {
        wire = current;
        current.add(List.of("SUBSCRIBE", channel));
        current.flush();
        while (!closed) {
          hear(current.read());
        }
      } catch (IOException e) {
        LockSupport.parkNanos(BETWEEN_CONNECTS_NS); // what was said meanwhile is not heard
      }
    }
  }

  private void hear(Object said) {
    Round current = round.get();
    if (current != null
        && said instanceof List<?> parts
        && parts.getFirst().equals("message")
        && parts.getLast() instanceof String what) {
      current.received(sidecar, History.Receipt.EVERYBODY, what);
    }
  }

  @Override
  public void close() {
    closed = true;
    Wire current = wire;
    if (current != null) {
      current.close();
    }
  }
}

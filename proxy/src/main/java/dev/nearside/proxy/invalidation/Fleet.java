package dev.nearside.proxy.invalidation;

import dev.nearside.proxy.telemetry.FleetEvent;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.telemetry.RepairCause;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/*
 * Why an invalidation that the fleet was told of is not lost.
 *
 * Pub/sub gives a message to whoever is subscribed at that moment, and forgets it. What comes on one
 * subscription comes in order, so a message can be missed in these ways only:
 *
 *   The subscription was not there, or broke. It is made again, and L1 is emptied once the upstream
 *   has confirmed it: whatever was published before then has had its effect, and more.
 *   The publisher could not send it, or does not know whether it did. Its number is used up, so the
 *   next number it sends, or announces, shows a gap, and L1 is emptied.
 *   It went somewhere else, as it may in a failover. The same.
 *   Its sender is of a newer version, and what it says cannot be read. Its number can, and shows as a
 *   gap.
 *
 * Numbers are taken and messages handed to the connection under one lock, so their order on the
 * channel is that of their numbers. Each process that ever sent announces its last number, so that
 * the loss of its last message is noticed, too. A process that never sent says nothing.
 */

/**
 * This sidecar among those of its upstream: tells them what to forget, and forgets what they tell.
 * Thread-safe. What comes is worked off by one virtual thread, in order.
 */
public final class Fleet implements FleetBus.Listener, AutoCloseable {
  /** How often a sidecar that ever sent a message announces its number. */
  public static final Duration ANNOUNCEMENTS = Duration.ofSeconds(3);

  private static final Logger log = LoggerFactory.getLogger(Fleet.class);
  private static final int MOST_SENDERS = 4096;
  private static final int MOST_WAITING = 256;
  private static final long COMPLAINTS_NS = Duration.ofMinutes(1).toNanos();

  private final FleetBus bus;
  private final LocalInvalidation local;
  private final Duration patience;
  private final Metrics metrics;
  private final long self = new SecureRandom().nextLong();
  private final Senders senders = new Senders(MOST_SENDERS);
  private final BlockingQueue<FleetMessage> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final ReentrantLock sending = new ReentrantLock();
  private final Thread worker;
  private long lastNumber;
  private volatile long complainedNs = System.nanoTime() - COMPLAINTS_NS;

  /**
   * Starts working off what comes.
   *
   * @param patience how long the upstream may take to take a message
   */
  Fleet(FleetBus bus, LocalInvalidation local, Duration patience, Metrics metrics) {
    this.bus = bus;
    this.local = local;
    this.patience = patience;
    this.metrics = metrics;
    worker = Thread.ofVirtual().name("nearside-fleet").start(this::workOff);
  }

  /**
   * Tells every other sidecar to forget {@code target}; waits until the upstream has taken it, so
   * not for event loops.
   *
   * @return null when it did, else why that is not known
   */
  @Nullable String tell(Target target) {
    List<CompletionStage<?>> sent = new ArrayList<>();
    for (Target piece : FleetMessage.pieces(target)) {
      sent.add(send(piece));
    }
    String failure = null;
    for (CompletionStage<?> one : sent) {
      Asked<?> asked = Asked.await(one, patience);
      failure = failure == null ? asked.failure() : failure;
      count(asked.failure() == null ? FleetEvent.SENT : FleetEvent.UNSENT);
    }
    return failure;
  }

  private CompletionStage<?> send(Target piece) {
    sending.lock();
    try {
      return bus.publish(new FleetMessage(self, ++lastNumber, piece).encode());
    } finally {
      sending.unlock();
    }
  }

  /** Announces the last number, if there is any; to be called every {@link #ANNOUNCEMENTS}. */
  public void announce() {
    sending.lock();
    try {
      if (lastNumber > 0) {
        bus.publish(new FleetMessage(self, lastNumber, null).encode());
      }
    } finally {
      sending.unlock();
    }
  }

  @Override
  public void subscribed() {
    repair(RepairCause.SUBSCRIPTION);
  }

  @Override
  public void received(byte[] bytes) {
    FleetMessage message;
    try {
      message = FleetMessage.decode(bytes);
    } catch (IllegalArgumentException e) {
      receivedUnread(bytes, e);
      return;
    }
    if (message.sender() != self) {
      count(FleetEvent.RECEIVED);
      enqueue(message);
    }
  }

  /** What a newer version says is as good as missed; its number can be read, and shows the gap. */
  private void receivedUnread(byte[] bytes, IllegalArgumentException why) {
    count(FleetEvent.BAD);
    FleetMessage head = FleetMessage.headOf(bytes);
    complain(
        "a message of "
            + bytes.length
            + " bytes is "
            + (head == null ? "ignored: " : "taken for a gap: ")
            + why.getMessage());
    if (head != null && head.sender() != self) {
      enqueue(head);
    }
  }

  private void enqueue(FleetMessage message) {
    if (!waiting.offer(message)) {
      count(FleetEvent.DROPPED);
      repair(RepairCause.OVERFLOW); // what it says and more; its number will show as a gap
    }
  }

  private void workOff() {
    try {
      while (true) {
        workOff(waiting.take());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void workOff(FleetMessage message) {
    try {
      RepairCause missed = senders.heard(message);
      Target target = message.target();
      if (missed != null) {
        repair(missed);
      } else if (target != null) {
        local.forget(target);
      }
    } catch (RuntimeException fault) { // the rim: ours, and what was to be forgotten must not stay
      log.error("a message of the fleet ended in a fault of ours", fault);
      local.forgetAll();
    }
  }

  private void repair(RepairCause cause) {
    local.forgetAll();
    metrics.fleetRepairs(cause).increment();
  }

  private void count(FleetEvent event) {
    metrics.fleetMessages(event).increment();
  }

  private void complain(String what) {
    long nowNs = System.nanoTime();
    if (nowNs - complainedNs >= COMPLAINTS_NS) {
      complainedNs = nowNs;
      log.warn("{}; further ones of the next minute are only counted", what);
    }
  }

  @Override
  public void close() {
    worker.interrupt();
  }
}

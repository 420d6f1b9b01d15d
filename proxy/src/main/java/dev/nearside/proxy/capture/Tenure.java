package dev.nearside.proxy.capture;

import dev.nearside.proxy.tier.redis.CaptureLink;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The time for which the gate is this sidecar's. Blocks; for one thread, which has to keep it. */
final class Tenure {
  private static final long ANSWER_MS = 2_000;
  private static final long RENEWAL_NS = CaptureLink.TTL.toNanos() / 4;

  private final CaptureLink link;
  private final CountDownLatch stopped;
  private static final long SETTLING_PAUSE_MS = 50;

  private long shutNs = System.nanoTime();
  private long heldNs = System.nanoTime();
  private boolean wasOpened;

  /**
   * Begins it, behind a {@link CaptureLink#take} that was answered.
   *
   * @param stopped counted down where it is to end
   */
  Tenure(CaptureLink link, CountDownLatch stopped) {
    this.link = link;
    this.stopped = stopped;
  }

  CaptureLink link() {
    return link;
  }

  /** Returns whether the sidecar goes on. */
  boolean goesOn() {
    return stopped.getCount() > 0;
  }

  /** To be called at least once a second: puts the end off. */
  void keep() throws CaptureEndedException, InterruptedException {
    if (!goesOn()) {
      throw new CaptureEndedException("the sidecar stops");
    }
    if (!link.isOpen()) {
      throw new CaptureEndedException("the connection to Redis was lost");
    }
    long nowNs = System.nanoTime();
    if (nowNs - heldNs >= RENEWAL_NS) {
      if (!await(link.renew())) {
        throw new CaptureEndedException("another sidecar may read the changes by now");
      }
      heldNs = nowNs;
    }
  }

  /** Waits until every lease is there that is given by who does not know that the gate is shut. */
  void settle() throws CaptureEndedException, InterruptedException {
    long settledNs = shutNs + link.settling().toNanos();
    while (System.nanoTime() - settledNs < 0) {
      pause(SETTLING_PAUSE_MS);
    }
  }

  /** Shuts the gate again, and {@link #settle}s; returns whether it was ours. */
  boolean shut() throws CaptureEndedException, InterruptedException {
    boolean ours = await(link.shut());
    shutNs = System.nanoTime();
    if (ours) {
      settle();
    }
    return ours;
  }

  /** Opens the gate. */
  void open() throws CaptureEndedException, InterruptedException {
    keep(); // what was deleted is, at every server
    if (!await(link.open())) {
      throw new CaptureEndedException("another sidecar may read the changes by now");
    }
    wasOpened = true;
  }

  /** Returns whether the gate was opened. */
  boolean wasOpened() {
    return wasOpened;
  }

  /** Waits, and keeps the gate meanwhile. */
  void pause(long millis) throws CaptureEndedException, InterruptedException {
    keep();
    if (stopped.await(millis, TimeUnit.MILLISECONDS)) {
      keep();
    }
  }

  /** Returns what Redis says. */
  static <T> T await(CompletableFuture<T> answer)
      throws CaptureEndedException, InterruptedException {
    try {
      return answer.get(ANSWER_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      String why = e.getCause() == null ? "" : String.valueOf(e.getCause().getMessage());
      throw new CaptureEndedException("Redis has not done what it was asked: " + why, e);
    } catch (TimeoutException e) {
      throw new CaptureEndedException("Redis does not answer", e);
    }
  }
}

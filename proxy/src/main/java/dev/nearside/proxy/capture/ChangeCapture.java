package dev.nearside.proxy.capture;

import dev.nearside.proxy.capture.CaptureMeasures.State;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.database.DirectConnections;
import dev.nearside.proxy.tier.database.MisfitException;
import dev.nearside.proxy.tier.redis.CaptureLink;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that one sidecar of the fleet reads the changes of the captured tables: this one, as
 * soon as no other does. On a virtual thread of its own; whoever builds it closes it.
 */
public final class ChangeCapture implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ChangeCapture.class);
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Duration AGAIN_WHEN_UNFIT = Duration.ofSeconds(5);
  private static final Duration END_LIMIT = Duration.ofSeconds(3);

  private final Captured captured;
  private final DirectConnections connections;
  private final CaptureCheck check;
  private final Supplier<@Nullable CaptureLink> redis;
  private final CaptureMeasures measures;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("nearside-capture").unstarted(this::run);
  private volatile @Nullable Connection current;
  private String told = "";

  /**
   * Creates one that does nothing yet.
   *
   * @param subject what complaints begin with: where the tables are named
   * @param redis gives what is done at Redis, or null while it is away
   */
  public ChangeCapture(
      Captured captured,
      DatabaseTier.Settings database,
      String subject,
      Supplier<@Nullable CaptureLink> redis,
      Metrics metrics) {
    this.captured = captured;
    this.connections = new DirectConnections(database);
    this.check = new CaptureCheck(captured, subject);
    this.redis = redis;
    this.measures = new CaptureMeasures(metrics);
  }

  /**
   * Asks the database whether it is fit, and makes the publication where there is none. Says
   * nothing where it is away. Blocks for a few seconds at most.
   *
   * @throws MisfitException if it is not; says what to run
   */
  public void awaitCheck() {
    try (Connection queries = connections.open(CaptureSession.LIMIT)) {
      check.check(queries);
      check.replicate(connections, CaptureSession.LIMIT, queries).close();
    } catch (SQLException e) {
      log.warn(
          "the database cannot be asked whether its changes can be captured: {}; it is asked when it"
              + " can be",
          DirectConnections.saidOf(e));
    }
  }

  /** Begins, and goes on until closed. */
  public void start() {
    thread.start();
  }

  /** Ends it, and leaves the changes to another sidecar; to be called while Redis is connected. */
  @Override
  public void close() {
    stopped.countDown();
    Connection asking = current;
    if (asking != null) {
      DirectConnections.abort(asking);
    }
    try {
      if (thread.getState() != Thread.State.NEW) {
        thread.join(END_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      Duration pause = Duration.ZERO;
      while (!stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        pause = tryOnce();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException bug) { // the rim of this virtual thread
      log.error("change capture ended in a fault of ours", bug);
    }
  }

  /** Returns after how long to try again. */
  private Duration tryOnce() throws InterruptedException {
    CaptureLink link = redis.get();
    if (link == null) {
      return AGAIN;
    }
    Duration pause = AGAIN;
    try {
      if (Tenure.await(link.take())) {
        pause = read(link);
      } else {
        measures.state(State.STANDBY);
      }
    } catch (CaptureEndedException e) {
      measures.state(State.STANDBY);
      tell(String.valueOf(e.getMessage()));
    }
    return pause;
  }

  private Duration read(CaptureLink link) throws CaptureEndedException, InterruptedException {
    measures.state(State.STARTING);
    Tenure tenure = new Tenure(link, stopped);
    boolean isUnfit = false;
    try (Connection queries = connections.open(CaptureSession.LIMIT)) {
      current = queries;
      new CaptureSession(captured, check, tenure, measures, queries).run(connections);
    } catch (MisfitException e) {
      isUnfit = true;
      failed(String.join("; ", e.problems()));
    } catch (SQLException e) {
      failed(DirectConnections.saidOf(e));
    } catch (CaptureEndedException e) {
      failed(String.valueOf(e.getMessage()));
    } finally {
      current = null;
      end(tenure, isUnfit);
    }
    measures.state(isUnfit ? State.REFUSED : State.STANDBY);
    return isUnfit ? AGAIN_WHEN_UNFIT : AGAIN;
  }

  /** What was put into Redis is not kept true any more by this sidecar. */
  private void end(Tenure tenure, boolean isUnfit) throws InterruptedException {
    CaptureLink link = tenure.link();
    try {
      if (isUnfit && tenure.wasOpened() && tenure.shut()) {
        new KeyFlush(captured, tenure).flush(captured.covered()); // it may be so for long
      }
    } catch (CaptureEndedException e) {
      log.debug("the keys are left to their end: {}", e.getMessage());
    }
    try {
      Tenure.await(link.release());
    } catch (CaptureEndedException e) {
      log.debug("the gate is left to its end: {}", e.getMessage());
    }
  }

  private void failed(String why) {
    if (stopped.getCount() > 0) {
      measures.failed();
      tell(why);
    }
  }

  private void tell(String why) {
    if (!why.equals(told)) {
      told = why;
      log.warn("changes of {} are not read by this sidecar: {}", captured, why);
    }
  }
}

package dev.nearside.agent.embedded;

import dev.nearside.agent.Level;
import dev.nearside.agent.LevelChange;
import dev.nearside.agent.PressureListener;
import dev.nearside.agent.PressureSnapshot;
import dev.nearside.agent.PressureSource;
import dev.nearside.agent.host.HostSensors;
import dev.nearside.agent.host.ProcessHooks;
import dev.nearside.agent.host.Readings;
import dev.nearside.agent.host.Sensor;
import dev.nearside.agent.pressure.HostRules;
import dev.nearside.agent.pressure.HostRules.HostRule;
import dev.nearside.agent.pressure.PressureEngine;
import dev.nearside.agent.telemetry.AgentMetrics;
import io.prometheus.client.CollectorRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent inside the proxy: samples every 500 ms, every 250 ms while anything is HIGH, and 100 ms
 * after a first sight of a higher level.
 *
 * <p>One daemon thread, {@code nearside-agent}, does everything; the snapshot is one volatile field
 * and may be read from anywhere. A fault in a sample is caught, counted and logged once; the
 * snapshot then ages, and whoever acts on it lets go by itself. The creator closes it.
 */
public final class ResourceAgent implements PressureSource, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ResourceAgent.class);
  private static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long PERIOD_AT_HIGH_NS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final Duration STOP_WAIT = Duration.ofSeconds(2);

  private final LongSupplier clockNs;
  private final Readings readings = new Readings();
  private final List<HostRule> rules = HostRules.all();
  private final PressureEngine engine;
  private final AgentMetrics metrics;
  private final Sampler sampler;
  private final List<PressureListener> listeners = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile PressureSnapshot snapshot = PressureSnapshot.EMPTY;
  private volatile long sampledAtNs;
  private volatile boolean closed;
  private boolean tickFaultLogged;
  private boolean listenerFaultLogged;

  private ResourceAgent(List<Sensor> sensors, CollectorRegistry registry, LongSupplier clockNs) {
    this.clockNs = clockNs;
    sampledAtNs = clockNs.getAsLong();
    engine = new PressureEngine(rules.stream().map(HostRule::rule).toList(), sampledAtNs);
    metrics = AgentMetrics.register(registry, () -> snapshot, readings);
    sampler = new Sampler(sensors, readings, metrics);
    thread = Thread.ofPlatform().daemon().name("nearside-agent").unstarted(this::run);
  }

  /**
   * Starts an agent on this host.
   *
   * @param hooks what the embedding process contributes
   * @param registry receives the metrics until {@link #close}
   */
  public static ResourceAgent start(ProcessHooks hooks, CollectorRegistry registry) {
    ResourceAgent agent =
        unstarted(HostSensors.open(Path.of("/"), hooks), registry, System::nanoTime);
    agent.thread.start();
    return agent;
  }

  /** An agent without a running thread, driven by {@link #tick}; owns the sensors. */
  static ResourceAgent unstarted(
      List<Sensor> sensors, CollectorRegistry registry, LongSupplier clockNs) {
    return new ResourceAgent(sensors, registry, clockNs);
  }

  /** Adds a listener, told of every change of level from now on, on the agent's thread. */
  public void listen(PressureListener listener) {
    listeners.add(listener);
  }

  @Override
  public PressureSnapshot snapshot() {
    return snapshot;
  }

  @Override
  public long sampledAtNs() {
    return sampledAtNs;
  }

  /** Returns the newest readings; thread-safe. */
  public Readings readings() {
    return readings;
  }

  /** Stops the thread, closes the files and takes the metrics out of the registry; idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    LockSupport.unpark(thread);
    if (stopped()) {
      sampler.close();
    } else {
      log.warn("agent thread still busy after {}, its files stay open", STOP_WAIT);
    }
    metrics.close();
  }

  /**
   * Samples once, decides, publishes, tells.
   *
   * @return nanoseconds until the next sample is due
   */
  long tick() {
    long nowNs = clockNs.getAsLong();
    sampler.sample(nowNs);
    for (int i = 0; i < rules.size(); i++) {
      engine.observe(i, readings.get(rules.get(i).reading()), nowNs);
    }
    List<LevelChange> changes = engine.evaluate(nowNs);
    snapshot = engine.snapshot();
    sampledAtNs = nowNs;
    for (int i = 0; i < changes.size(); i++) {
      tell(changes.get(i));
    }
    boolean high = snapshot.worst().atLeast(Level.HIGH);
    return engine.nextNs(nowNs, high ? PERIOD_AT_HIGH_NS : PERIOD_NS);
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, guardedTick());
    }
  }

  /** The rim of the thread. Short memory is what the agent is for, so it survives that as well. */
  long guardedTick() {
    try {
      return tick();
    } catch (RuntimeException | OutOfMemoryError e) {
      metrics.failed("tick");
      if (!tickFaultLogged) {
        tickFaultLogged = true;
        log.error("sampling failed, tried again each period; further faults are only counted", e);
      }
      return PERIOD_NS;
    }
  }

  private void tell(LevelChange change) {
    metrics.changed(change);
    log.info(
        "{} {} pressure {} -> {}: {}",
        change.scope().label(),
        change.resource().label(),
        change.from().label(),
        change.to().label(),
        change.cause());
    for (PressureListener listener : listeners) {
      try {
        listener.changed(change, snapshot);
      } catch (RuntimeException e) {
        metrics.failed("listener");
        if (!listenerFaultLogged) {
          listenerFaultLogged = true;
          log.error("a listener failed; further faults are only counted", e);
        }
      }
    }
  }

  private boolean stopped() {
    try {
      return thread.getState() == Thread.State.NEW || thread.join(STOP_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}

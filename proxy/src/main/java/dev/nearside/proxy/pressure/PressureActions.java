package dev.nearside.proxy.pressure;

import dev.nearside.agent.Level;
import dev.nearside.agent.LevelChange;
import dev.nearside.agent.PressureListener;
import dev.nearside.agent.PressureSnapshot;
import dev.nearside.agent.PressureSource;
import dev.nearside.agent.Resource;
import dev.nearside.agent.Scope;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives memory back as memory runs short. The memory level is the worse of this process's and the
 * machine's; CPU pressure never shrinks L1, because a smaller L1 turns hits into dearer misses.
 *
 * <pre>
 *   NORMAL    all of L1
 *   ELEVATED  0.85 of it
 *   HIGH      0.5, and no entry above 64 KiB
 *   CRITICAL  0.1, and no entry above 64 KiB
 * </pre>
 *
 * <p>Thread-safe: the agent's thread calls it on a change, and its owner calls {@link #check} about
 * every quarter of a second. Without the latter an agent that died would hold its last level for
 * ever; with it, the level decays to NORMAL.
 */
public final class PressureActions implements PressureListener {
  /** The largest entry admitted to L1 at HIGH and above. */
  static final int SMALL_ENTRY_BYTES = 64 * 1024;

  private static final Logger log = LoggerFactory.getLogger(PressureActions.class);

  private final PressureSource source;
  private final long l1MaxBytes;
  private final int maxEntryBytes;
  private final PressureTargets targets;
  private final LongSupplier clockNs;
  private final ReentrantLock lock = new ReentrantLock();
  private long targetBytes;
  private int admitMaxBytes;
  private volatile Level memoryLevel = Level.NORMAL;
  private volatile boolean stale;
  private final AtomicLong staleSpells = new AtomicLong();

  /**
   * Acts on nothing until told or asked to check.
   *
   * @param source where levels come from
   * @param l1MaxBytes what L1 may hold when nothing is short
   * @param maxEntryBytes the largest entry admitted then
   * @param targets what is acted on; taken to be at those two values now
   * @param clockNs the clock of {@code source}
   */
  public PressureActions(
      PressureSource source,
      long l1MaxBytes,
      int maxEntryBytes,
      PressureTargets targets,
      LongSupplier clockNs) {
    this.source = source;
    this.l1MaxBytes = l1MaxBytes;
    this.maxEntryBytes = maxEntryBytes;
    this.targets = targets;
    this.clockNs = clockNs;
    targetBytes = l1MaxBytes;
    admitMaxBytes = maxEntryBytes;
  }

  @Override
  public void changed(LevelChange change, PressureSnapshot snapshot) {
    if (change.resource() == Resource.MEMORY) {
      check();
    }
  }

  /** Acts on the level as it is now, its age considered. Cheap when nothing changed. */
  public void check() {
    lock.lock();
    try {
      long ageNs = clockNs.getAsLong() - source.sampledAtNs();
      notice(EffectiveLevel.stale(ageNs), ageNs);
      apply(EffectiveLevel.of(memoryLevel(source.snapshot()), ageNs));
    } finally {
      lock.unlock();
    }
  }

  /** Returns the memory level in force. */
  public Level memoryLevel() {
    return memoryLevel;
  }

  /** Returns whether nobody has confirmed the level for five seconds, so that it is let go. */
  public boolean stale() {
    return stale;
  }

  /** Returns how often levels have become stale. */
  public long staleSpells() {
    return staleSpells.get();
  }

  private static Level memoryLevel(PressureSnapshot snapshot) {
    return Level.worst(
        snapshot.level(Scope.SELF, Resource.MEMORY), snapshot.level(Scope.NODE, Resource.MEMORY));
  }

  private void notice(boolean staleNow, long ageNs) {
    if (staleNow && !stale) {
      staleSpells.incrementAndGet();
      log.warn("no pressure reading for {} ms, falling back to normal", ageNs / 1_000_000);
    } else if (!staleNow && stale) {
      log.info("pressure readings are back");
    }
    stale = staleNow;
  }

  private void apply(Level level) {
    long nextTarget = (long) (l1MaxBytes * share(level));
    int nextAdmit =
        level.atLeast(Level.HIGH) ? Math.min(maxEntryBytes, SMALL_ENTRY_BYTES) : maxEntryBytes;
    if (level != memoryLevel) {
      log.info("memory {}: L1 target {} bytes, entries to {}", level, nextTarget, nextAdmit);
      memoryLevel = level;
    }
    if (nextTarget != targetBytes) {
      targetBytes = nextTarget;
      targets.l1TargetBytes().accept(nextTarget);
    }
    if (nextAdmit != admitMaxBytes) {
      admitMaxBytes = nextAdmit;
      targets.l1AdmitMaxBytes().accept(nextAdmit);
    }
  }

  private static double share(Level level) {
    return switch (level) {
      case NORMAL -> 1.0;
      case ELEVATED -> 0.85;
      case HIGH -> 0.5;
      case CRITICAL -> 0.1;
    };
  }
}

package dev.nearside.agent.pressure;

import dev.nearside.agent.Cause;
import dev.nearside.agent.Level;
import dev.nearside.agent.LevelChange;
import dev.nearside.agent.Resource;
import dev.nearside.agent.ResourcePressure;
import dev.nearside.agent.Scope;
import dev.nearside.agent.Signal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One resource of one scope: as bad as its worst signal. Confined to the agent's thread. */
final class ResourceState {
  private final Scope scope;
  private final Resource resource;
  private final List<SignalState> signals = new ArrayList<>();
  private final LevelState level;
  private final StuckWatch watch = new StuckWatch();
  private boolean stuck;
  private @Nullable Cause cause;
  private long shown;

  ResourceState(Scope scope, Resource resource, long nowNs) {
    this.scope = scope;
    this.resource = resource;
    this.level = new LevelState(nowNs);
  }

  boolean is(SignalRule rule) {
    return rule.scope() == scope && rule.resource() == resource;
  }

  Scope scope() {
    return scope;
  }

  void add(SignalState signal) {
    signals.add(signal);
  }

  LevelState level() {
    return level;
  }

  /** Takes the signals as they are; the change of level this leads to, or null. */
  @Nullable LevelChange update(long nowNs) {
    Level from = level.level();
    double score = score();
    double known = Double.isNaN(score) ? 0 : score;
    boolean changed = level.update(known, believed(), nowNs);
    stuck = watch.stuck(level.level(), known, nowNs);
    if (!changed) {
      return null;
    }
    Cause why = explain();
    cause = why;
    return new LevelChange(scope, resource, from, level.level(), why, nowNs);
  }

  /**
   * Returns whether anything one would show differs since the last call: a level, or a signal
   * visibly.
   */
  boolean looksDifferent() {
    long now = 31L * level.level().severity() + (stuck ? 7 : 0);
    for (int i = 0; i < signals.size(); i++) {
      now = 31 * now + signals.get(i).shown();
    }
    boolean different = now != shown;
    shown = now;
    return different;
  }

  /** Returns what is published, or null while none of the signals was ever read. */
  @Nullable ResourcePressure published() {
    List<Signal> readable = new ArrayList<>();
    for (SignalState signal : signals) {
      if (signal.everRead()) {
        readable.add(signal.published());
      }
    }
    return readable.isEmpty()
        ? null
        : new ResourcePressure(
            resource, level.level(), score(), level.sinceNs(), stuck, cause, readable);
  }

  private double score() {
    SignalState worst = worst();
    return worst == null ? Double.NaN : worst.score();
  }

  private @Nullable SignalState worst() {
    SignalState worst = null;
    for (int i = 0; i < signals.size(); i++) {
      SignalState signal = signals.get(i);
      if (!Double.isNaN(signal.score()) && (worst == null || signal.score() > worst.score())) {
        worst = signal;
      }
    }
    return worst;
  }

  private Level believed() {
    Level believed = Level.NORMAL;
    for (int i = 0; i < signals.size(); i++) {
      SignalState signal = signals.get(i);
      if (signal.believed()) {
        believed = Level.worst(believed, Level.of(signal.score()));
      }
    }
    return believed;
  }

  /** When nothing can be read any more, the first signal stands for all, without a value. */
  private Cause explain() {
    SignalState worst = worst();
    return worst == null ? signals.getFirst().cause() : worst.cause();
  }
}

package dev.nearside.agent.pressure;

import dev.nearside.agent.Level;
import dev.nearside.agent.LevelChange;
import dev.nearside.agent.PressureSnapshot;
import dev.nearside.agent.ResourcePressure;
import dev.nearside.agent.Scope;
import dev.nearside.agent.ScopePressure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Signals in, levels out. A resource is its worst signal, a scope its worst resource; what makes a
 * level change is in {@link LevelState}.
 *
 * <p>Pure and confined to one thread: {@link #observe} each signal, then {@link #evaluate}. Nothing
 * is allocated by either unless a level or something visible in the snapshot changes.
 */
public final class PressureEngine {
  private final List<SignalState> signals = new ArrayList<>();
  private final List<ResourceState> resources = new ArrayList<>();
  private final List<LevelChange> changes = new ArrayList<>();
  private PressureSnapshot snapshot = PressureSnapshot.EMPTY;

  /** An engine for these rules, everything NORMAL since {@code nowNs}. */
  public PressureEngine(List<SignalRule> rules, long nowNs) {
    for (SignalRule rule : rules) {
      SignalState signal = new SignalState(rule);
      signals.add(signal);
      resourceOf(rule, nowNs).add(signal);
    }
  }

  /**
   * Gives the newest value of the rule at {@code index} in the constructor's list; not a number
   * when it cannot be read.
   */
  public void observe(int index, double value, long nowNs) {
    signals.get(index).observe(value, nowNs);
  }

  /**
   * Decides on every level.
   *
   * @return the changes of level, in the order of the rules, valid until the next call
   */
  public List<LevelChange> evaluate(long nowNs) {
    changes.clear();
    boolean different = false;
    for (int i = 0; i < resources.size(); i++) {
      ResourceState resource = resources.get(i);
      LevelChange change = resource.update(nowNs);
      if (change != null) {
        changes.add(change);
      }
      different |= resource.looksDifferent();
    }
    if (different) {
      snapshot = assemble();
    }
    return changes;
  }

  /** Returns the state after the last evaluation; the same object while it looks the same. */
  public PressureSnapshot snapshot() {
    return snapshot;
  }

  /** Returns how long until a candidate can be confirmed, at most {@code elseNs}. */
  public long nextNs(long nowNs, long elseNs) {
    long nextNs = elseNs;
    for (int i = 0; i < resources.size(); i++) {
      LevelState level = resources.get(i).level();
      if (level.confirming()) {
        nextNs = Math.min(nextNs, level.confirmAtNs() - nowNs);
      }
    }
    return Math.max(0, nextNs);
  }

  private ResourceState resourceOf(SignalRule rule, long nowNs) {
    for (ResourceState resource : resources) {
      if (resource.is(rule)) {
        return resource;
      }
    }
    ResourceState resource = new ResourceState(rule.scope(), rule.resource(), nowNs);
    resources.add(resource);
    return resource;
  }

  private PressureSnapshot assemble() {
    Map<Scope, List<ResourcePressure>> byScope = new TreeMap<>();
    for (ResourceState resource : resources) {
      ResourcePressure published = resource.published();
      if (published != null) {
        byScope.computeIfAbsent(resource.scope(), s -> new ArrayList<>()).add(published);
      }
    }
    List<ScopePressure> scopes = new ArrayList<>();
    byScope.forEach((scope, pressures) -> scopes.add(worstOf(scope, pressures)));
    return new PressureSnapshot(scopes);
  }

  private static ScopePressure worstOf(Scope scope, List<ResourcePressure> pressures) {
    Level level = Level.NORMAL;
    double score = Double.NaN;
    for (ResourcePressure pressure : pressures) {
      level = Level.worst(level, pressure.level());
      score = worse(score, pressure.score());
    }
    return new ScopePressure(scope, level, score, pressures);
  }

  private static double worse(double a, double b) {
    return Double.isNaN(a) || b > a ? b : a;
  }
}

package dev.nearside.agent.pressure;

import dev.nearside.agent.Cause;
import dev.nearside.agent.Signal;

/** A signal's present value and score. Confined to the agent's thread. */
final class SignalState {
  private final SignalRule rule;
  private double value = Double.NaN;
  private double score = Double.NaN;
  private boolean everRead;
  private double count = Double.NaN;
  private boolean held;
  private long heldUntilNs;

  SignalState(SignalRule rule) {
    this.rule = rule;
  }

  SignalRule rule() {
    return rule;
  }

  /** Takes a reading; not a number means it cannot be read just now. */
  void observe(double reading, long nowNs) {
    value = rule.holdNs() == 0 ? reading : grown(reading, nowNs);
    score = rule.score(value);
    everRead |= !Double.isNaN(value);
  }

  double value() {
    return value;
  }

  /** Returns the score, or not a number when the signal cannot be read. */
  double score() {
    return score;
  }

  boolean everRead() {
    return everRead;
  }

  /** Returns whether the value is so bad that it is believed at first sight. */
  boolean believed() {
    return value >= rule.atOnce();
  }

  /**
   * Returns a number that differs when one would see a difference: a hundredth of the way between
   * the bounds for a signal that counts, a twentieth for one that does not. Finer steps would make
   * a new snapshot of every breath of an idle host.
   */
  long shown() {
    if (Double.isNaN(value)) {
      return Long.MIN_VALUE;
    }
    double way = (value - rule.lo()) / (rule.hi() - rule.lo());
    return way > 0 ? 1 + Math.round(way * 100) : Math.round(way * 20);
  }

  Cause cause() {
    return new Cause(rule.name(), value, rule.lo(), rule.hi());
  }

  Signal published() {
    return new Signal(rule.name(), value, score, rule.lo(), rule.hi());
  }

  /**
   * Returns growth within the hold. A counter that cannot be read keeps what is held; one that ran
   * backwards belongs to another cgroup and starts anew.
   */
  private double grown(double reading, long nowNs) {
    double before = held && nowNs - heldUntilNs < 0 ? value : 0;
    double growth = reading - count;
    if (growth > 0) {
      held = true;
      heldUntilNs = nowNs + rule.holdNs();
      before += growth;
    }
    if (!Double.isNaN(reading)) {
      count = reading;
    }
    return Double.isNaN(count) ? Double.NaN : before;
  }
}

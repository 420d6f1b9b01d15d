package dev.nearside.agent;

import java.util.Locale;

/** Whose shortage it is, and so what it may trigger. */
public enum Scope {
  /** This process and its cgroup: may shrink, delay and shed. */
  SELF,
  /** The whole machine: may shrink L1 and stop optional work, never shed. */
  NODE,
  /** Redis and the database: may cap misses, never shed hits. */
  ORIGIN,
  /** The GPUs: as origin, and refuses new allocations. */
  GPU;

  /** Returns the scope in lower case, as metrics and logs write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

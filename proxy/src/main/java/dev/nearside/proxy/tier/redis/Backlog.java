package dev.nearside.proxy.tier.redis;

/**
 * How much waits.
 *
 * @param depth keys that the database has not taken
 * @param dead keys that it never takes
 * @param ageMs for how long the first of those that wait has
 */
public record Backlog(long depth, long dead, long ageMs) {
  /** Nothing. */
  public static final Backlog NONE = new Backlog(0, 0, 0);

  /** Returns this and another together. */
  public Backlog and(Backlog other) {
    return new Backlog(depth + other.depth, dead + other.dead, Math.max(ageMs, other.ageMs));
  }
}

package dev.nearside.agent;

/**
 * Where pressure comes from: the agent in this process, or one that is followed.
 *
 * <p>Thread-safe; never blocks. The clock is {@link System#nanoTime()} of this process.
 */
public interface PressureSource {
  /**
   * Returns the newest snapshot, {@link PressureSnapshot#EMPTY} before the first. It stays the same
   * object while nothing visible changes, so its age is {@link #sampledAtNs()}, not its own.
   */
  PressureSnapshot snapshot();

  /** Returns when the snapshot was last known to be true; when it ages, nobody samples any more. */
  long sampledAtNs();
}

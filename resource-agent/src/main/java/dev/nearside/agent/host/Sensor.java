package dev.nearside.agent.host;

/**
 * One source of readings. Confined to the agent's thread; its owner closes it.
 *
 * <p>What cannot be read here at all is unsupported for good; what fails for a moment says so and
 * is tried again. In both cases its readings are absent.
 */
public interface Sensor extends AutoCloseable {
  /** Returns its name in metrics and logs. */
  String name();

  /** Returns whether this machine has what the sensor reads; the answer never changes. */
  boolean supported();

  /**
   * Reads once and sets the sensor's readings.
   *
   * @param nowNs the time of this sample
   * @param readings receives the values; those that cannot be had become absent
   * @return false when the sensor failed this time
   */
  boolean sample(long nowNs, Readings readings);

  /** Releases its files; idempotent. */
  @Override
  void close();
}

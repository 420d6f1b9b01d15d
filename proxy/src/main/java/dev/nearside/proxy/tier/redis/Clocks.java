package dev.nearside.proxy.tier.redis;

import java.util.function.LongSupplier;

/**
 * The two clocks of a machine.
 *
 * @param monotonicNs never steps, but may stop while a virtual machine is suspended
 * @param wallMs goes on whatever happens, but may step
 */
record Clocks(LongSupplier monotonicNs, LongSupplier wallMs) {
  static final Clocks SYSTEM = new Clocks(System::nanoTime, System::currentTimeMillis);
}

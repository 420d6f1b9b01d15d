package dev.nearside.proxy.pressure;

import java.util.function.IntConsumer;
import java.util.function.LongConsumer;

/**
 * What pressure acts on. Each is given a value when that value changes, never twice the same in a
 * row; each must be thread-safe and return soon.
 *
 * @param l1TargetBytes what L1 may hold from now on; L1 evicts towards it by itself
 * @param l1AdmitMaxBytes the largest entry that is still admitted to L1
 */
public record PressureTargets(LongConsumer l1TargetBytes, IntConsumer l1AdmitMaxBytes) {}

package dev.nearside.agent.host;

import java.util.function.LongSupplier;

/**
 * A cache on the heap that is meant to be full and keeps to a bound: its room is planned for, so
 * what it holds is no sign that the heap runs short. Called on the agent's thread; must not block.
 *
 * @param bytes what it holds now
 * @param maxBytes its bound now
 */
public record HeapCache(LongSupplier bytes, LongSupplier maxBytes) {}
